//! Problems of read models, and the catalog of records. In a store of version 1 there are none.

use rusqlite::Connection;
use rusqlite::Transaction;
use rusqlite::params;
use uuid::Uuid;

use crate::store::problem::Problem;
use crate::store::problem::ProblemChanges;
use crate::store::read_model::ReadModel;
use crate::store::record::Record;
use crate::store::sqlite::connection::SqlError;
use crate::store::sqlite::read_models::table_exists;

/// What a commit changes about the problems of its read model.
pub(crate) fn change(transaction: &Transaction<'_>, model: &ReadModel, changes: &ProblemChanges) -> Result<(), SqlError> {
    let part = model.part.as_str();
    for event_id in &changes.solved {
        let mut statement = transaction.prepare_cached(include_str!("sql/delete_problem.sql"))?;
        statement.execute(params![model.name, part, event_id.into_bytes()])?;
    }
    for problem in &changes.put {
        let mut statement = transaction.prepare_cached(include_str!("sql/put_problem.sql"))?;
        let id = problem.event_id.into_bytes();
        statement.execute(params![model.name, part, id, problem.position.0, problem.to_json()?])?;
    }
    Ok(())
}

/// The problems of a read model.
pub(crate) fn problems(connection: &Connection, model: &ReadModel) -> Result<Vec<Problem>, SqlError> {
    if !table_exists(connection, "problems")? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(include_str!("sql/problems.sql"))?;
    let problems = statement.query_map(params![model.name, model.part.as_str()], |row| {
        let text: String = row.get(0)?;
        let event_id = row.get_ref(1)?.as_blob().ok().and_then(|id| Uuid::from_slice(id).ok()).unwrap_or_default();
        Ok(Problem::kept(&text, Some(event_id), Some(row.get(2)?)))
    })?;
    Ok(problems.collect::<Result<_, _>>()?)
}

/// The records of a kind.
pub(crate) fn records(connection: &Connection, kind: &str) -> Result<Vec<Record>, SqlError> {
    if !table_exists(connection, "records")? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(include_str!("sql/records.sql"))?;
    let records =
        statement.query_map([kind], |row| Ok(Record { kind: kind.to_owned(), name: row.get(0)?, value: row.get(1)? }))?;
    Ok(records.collect::<Result<_, _>>()?)
}

/// Keeps a record.
pub(crate) fn put_record(connection: &Connection, record: &Record) -> Result<(), SqlError> {
    let mut statement = connection.prepare_cached(include_str!("sql/put_record.sql"))?;
    statement.execute(params![record.kind, record.name, record.value])?;
    Ok(())
}

/// Deletes a record; whether there was one.
pub(crate) fn delete_record(connection: &Connection, kind: &str, name: &str) -> Result<bool, SqlError> {
    Ok(connection.prepare_cached(include_str!("sql/delete_record.sql"))?.execute(params![kind, name])? > 0)
}
