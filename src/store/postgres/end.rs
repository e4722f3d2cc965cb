//! The ends of the store and of its streams, and the check that no event is stored after the recorded head.

use sqlx::AssertSqlSafe;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::end::StoreEnd;
use crate::store::end::behind_the_head;
use crate::store::error::StoreError;
use crate::store::head::Head;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::for_version::for_version;
use crate::store::postgres::session::Session;

/// Returns the error for a head row that is missing or damaged.
pub(crate) fn damaged_head() -> SqlError {
    StoreError::integrity("the head row of the store is missing or has an invalid value").into()
}

/// Reads the recorded head and the last event in one statement, as of one moment.
pub(crate) async fn end(session: &mut Session) -> Result<StoreEnd, SqlError> {
    let row = session
        .query(AssertSqlSafe(for_version(session.found, include_str!("sql/end.sql"))))
        .fetch_optional(&mut session.connection)
        .await?
        .ok_or_else(damaged_head)?;
    let head = head_at(&row, 0)?.ok_or_else(damaged_head)?;
    let last = match row.try_get::<Option<i64>, _>(3)? {
        None => Head::default(),
        Some(_) => head_at(&row, 3)?.ok_or_else(|| StoreError::integrity("the last event has an invalid value"))?,
    };
    Ok(StoreEnd { head, last })
}

/// Reads position, time and hash; `None` where esctl never wrote one of the values.
fn head_at(row: &PgRow, column: usize) -> Result<Option<Head>, SqlError> {
    let position = u64::try_from(row.try_get::<i64, _>(column)?);
    let recorded_at = Timestamp::from_micros(row.try_get(column + 1)?);
    let hash: Result<[u8; 32], _> = row.try_get::<&[u8], _>(column + 2)?.try_into();
    let (Ok(position), Ok(recorded_at), Ok(hash)) = (position, recorded_at, hash) else { return Ok(None) };
    Ok(Some(Head { position: Position(position), recorded_at, hash: Hash(hash) }))
}

/// Reads a number that is never negative.
pub(crate) fn whole(row: &PgRow, column: usize) -> Result<u64, SqlError> {
    let negative = |_| StoreError::integrity("an event has a negative version or position").into();
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(negative)
}

/// Checks that a position is not after the head, which is in another column of the same row.
///
/// # Errors
/// [`StoreError::Integrity`] when it is, or when there is no head.
pub(crate) fn check_reached(row: &PgRow, position: Position, head: usize) -> Result<(), SqlError> {
    let head = row.try_get::<Option<i64>, _>(head)?.and_then(|head| u64::try_from(head).ok()).ok_or_else(damaged_head)?;
    if position.0 > head { Err(behind_the_head(position, Position(head)).into()) } else { Ok(()) }
}

/// Reads the version of a stream; 0 where there is no such stream.
pub(crate) async fn version_of(session: &mut Session, stream: &StreamName) -> Result<Version, SqlError> {
    let statement =
        session.query(AssertSqlSafe(for_version(session.found, include_str!("sql/stream_version.sql")))).bind(stream.as_str());
    let row = statement.fetch_one(&mut session.connection).await?;
    check_reached(&row, Position(whole(&row, 1)?), 2)?;
    Ok(Version(whole(&row, 0)?))
}
