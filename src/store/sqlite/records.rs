//! The catalog of records. A store of schema version 1 has none.

use rusqlite::Connection;
use rusqlite::params;

use crate::store::record::Record;
use crate::store::sqlite::error::SqlError;
use crate::store::sqlite::statement::table_exists;

/// Returns the records of a kind.
pub(crate) fn records(connection: &Connection, kind: &str) -> Result<Vec<Record>, SqlError> {
    if !table_exists(connection, "records")? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(include_str!("sql/records.sql"))?;
    let records =
        statement.query_map([kind], |row| Ok(Record { kind: kind.to_owned(), name: row.get(0)?, value: row.get(1)? }))?;
    Ok(records.collect::<Result<_, _>>()?)
}

/// Stores a record.
pub(crate) fn put_record(connection: &Connection, record: &Record) -> Result<(), SqlError> {
    let mut statement = connection.prepare_cached(include_str!("sql/put_record.sql"))?;
    statement.execute(params![record.kind, record.name, record.value])?;
    Ok(())
}

/// Deletes a record. Returns false where there was none.
pub(crate) fn delete_record(connection: &Connection, kind: &str, name: &str) -> Result<bool, SqlError> {
    Ok(connection.prepare_cached(include_str!("sql/delete_record.sql"))?.execute(params![kind, name])? > 0)
}
