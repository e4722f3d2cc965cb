//! The failed events of read models. A store of schema version 1 has none.

use rusqlite::Connection;
use rusqlite::Transaction;
use rusqlite::params;
use uuid::Uuid;

use crate::store::failed_event::FailedEvent;
use crate::store::failed_event::FailedEventChanges;
use crate::store::read_model::ReadModel;
use crate::store::sqlite::error::SqlError;
use crate::store::sqlite::statement::table_exists;

/// Writes the changes that a commit makes to the failed events of its read model.
pub(crate) fn change(transaction: &Transaction<'_>, model: &ReadModel, changes: &FailedEventChanges) -> Result<(), SqlError> {
    let part = model.part.as_str();
    for event_id in &changes.solved {
        let mut statement = transaction.prepare_cached(include_str!("sql/delete_problem.sql"))?;
        statement.execute(params![model.name, part, event_id.into_bytes()])?;
    }
    for failed in &changes.put {
        let mut statement = transaction.prepare_cached(include_str!("sql/put_problem.sql"))?;
        let id = failed.event_id.into_bytes();
        statement.execute(params![model.name, part, id, failed.position.0, failed.to_json()?])?;
    }
    Ok(())
}

/// Returns the failed events of a read model.
pub(crate) fn failed_events(connection: &Connection, model: &ReadModel) -> Result<Vec<FailedEvent>, SqlError> {
    if !table_exists(connection, "problems")? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(include_str!("sql/problems.sql"))?;
    let failed = statement.query_map(params![model.name, model.part.as_str()], |row| {
        let text: String = row.get(0)?;
        let event_id = row.get_ref(1)?.as_blob().ok().and_then(|id| Uuid::from_slice(id).ok()).unwrap_or_default();
        Ok(FailedEvent::stored(&text, Some(event_id), Some(row.get(2)?)))
    })?;
    Ok(failed.collect::<Result<_, _>>()?)
}
