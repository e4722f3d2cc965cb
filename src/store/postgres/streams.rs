//! The list of streams, which steps from name to name through the index.

use sqlx::AssertSqlSafe;
use sqlx::Row;

use crate::event::MAX_NAME_BYTES;
use crate::event::Position;
use crate::event::Version;
use crate::event::category_of;
use crate::store::clock::recorded;
use crate::store::postgres::end::check_reached;
use crate::store::postgres::end::whole;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::for_version::for_version;
use crate::store::postgres::session::Session;
use crate::store::read::StreamInfo;
use crate::store::read::StreamQuery;

/// Returns streams in the order of their names.
pub(crate) async fn streams(session: &mut Session, query: &StreamQuery) -> Result<Vec<StreamInfo>, SqlError> {
    let prefix = query.prefix.as_deref().unwrap_or("");
    // No name is as long as this, so none that starts with the prefix is beyond it.
    let beyond_prefix = format!("{prefix}{}", "\u{10ffff}".repeat(MAX_NAME_BYTES / 4 + 1));
    // A category consists of the name `category` and the names `category-…`, and `.` follows `-`.
    let (exact, lowest, beyond) = match query.category.as_deref() {
        Some(category) => {
            let exact = Some(category).filter(|category| category.starts_with(prefix));
            (exact, format!("{category}-").max(prefix.to_owned()), format!("{category}.").min(beyond_prefix))
        }
        None => (None, prefix.to_owned(), beyond_prefix),
    };
    let rows = session
        .query(AssertSqlSafe(for_version(session.found, include_str!("sql/streams.sql"))))
        .bind(exact)
        .bind(lowest)
        .bind(beyond)
        .bind(query.after.as_deref().unwrap_or(""))
        .bind(i64::try_from(query.limit).unwrap_or(i64::MAX))
        .fetch_all(&mut session.connection)
        .await?;
    let info = |row: &sqlx::postgres::PgRow| {
        let stream: String = row.try_get(0)?;
        let last_position = Position(whole(row, 2)?);
        check_reached(row, last_position, 4)?;
        Ok(StreamInfo {
            category: category_of(&stream).to_owned(),
            version: Version(whole(row, 1)?),
            last_position,
            last_recorded_at: recorded(row.try_get(3)?, || format!("the last event of stream {stream}"))?,
            stream,
            foreign: None,
        })
    };
    rows.iter().map(info).collect()
}
