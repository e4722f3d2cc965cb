//! The commit of rows: rows, failed events and checkpoint change together, in one statement.

use std::collections::HashMap;

use crate::store::failed_event::FailedEvent;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::ids::Id;
use crate::store::postgres::ids::Ids;
use crate::store::postgres::session::Session;
use crate::store::read_model::RowsCommit;

/// Writes rows, failed events and checkpoint in one statement. Returns false where the read model was modified
/// concurrently.
pub(crate) async fn commit(session: &mut Session, commit: &RowsCommit) -> Result<bool, SqlError> {
    // Of two rows with one key the later one counts.
    let rows: HashMap<&str, &str> = commit.rows.iter().map(|(key, row)| (key.as_str(), row.as_str())).collect();
    let mut rows: Vec<(&str, &str)> = rows.into_iter().collect();
    rows.sort_unstable();
    let (keys, contents): (Vec<&str>, Vec<&str>) = rows.into_iter().unzip();
    let changes = &commit.failed_events;
    let failed = Ids(changes.put.iter().map(|failed| failed.event_id).collect());
    let failed_at: Vec<i64> = changes.put.iter().map(|failed| failed.position.0.cast_signed()).collect();
    let failures = changes.put.iter().map(FailedEvent::to_json).collect::<Result<Vec<_>, _>>()?;
    let statement = session
        .query_scalar(include_str!("sql/commit_rows.sql"))
        .bind(&commit.model.name)
        .bind(commit.model.part.as_str())
        .bind(commit.commits.map(u64::cast_signed))
        .bind(i64::from(commit.logic_version))
        .bind(commit.from.0.cast_signed())
        .bind(commit.to.position.0.cast_signed())
        .bind(commit.to.event_id.map(Id))
        .bind(commit.now.micros())
        .bind(keys)
        .bind(contents)
        .bind(Ids(changes.solved.clone()))
        .bind(failed)
        .bind(failed_at)
        .bind(failures);
    Ok(statement.fetch_one(&mut session.connection).await?)
}
