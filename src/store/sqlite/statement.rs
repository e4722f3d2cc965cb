//! Statements on stores of this schema version and of older ones.

use rusqlite::CachedStatement;
use rusqlite::Connection;
use rusqlite::Error;
use rusqlite::ErrorCode;

use crate::store::backend::SCHEMA_VERSION;
use crate::store::error::StoreError;
use crate::store::sqlite::error::SqlError;

fn schema_version(connection: &Connection) -> Result<u32, SqlError> {
    Ok(connection.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))?)
}

/// Prepares a statement that reads. In a store of an older schema version, the values that it lacks are empty.
pub(crate) fn prepare<'c>(connection: &'c Connection, sql: &str) -> Result<CachedStatement<'c>, SqlError> {
    let older = || sql.replace("store_head", "head").replace("content_hash", "NULL").replace("left_out", "'[]'");
    // Another process may migrate the store between two attempts.
    for _ in 0..2 {
        match connection.prepare_cached(sql) {
            // SQLITE_ERROR: the table or column does not exist.
            Err(Error::SqlInputError { error, .. } | Error::SqliteFailure(error, _)) if error.code == ErrorCode::Unknown => {
                if schema_version(connection)? >= SCHEMA_VERSION {
                    break;
                }
                if let Ok(statement) = connection.prepare_cached(&older()) {
                    return Ok(statement);
                }
            }
            prepared => return Ok(prepared?),
        }
    }
    Ok(connection.prepare_cached(sql)?)
}

/// Checks within a write transaction that no newer program has migrated the store meanwhile.
pub(crate) fn must_be_current(connection: &Connection) -> Result<(), SqlError> {
    let found = schema_version(connection)?;
    if found == SCHEMA_VERSION {
        return Ok(());
    }
    let place = connection.path().unwrap_or(":memory:");
    let message = format!("{place} is a store of a newer esctl (schema {found}; this program supports up to {SCHEMA_VERSION})");
    Err(StoreError::Unsupported(message).into())
}

/// Returns true if a table exists.
pub(crate) fn table_exists(connection: &Connection, table: &str) -> Result<bool, SqlError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)";
    Ok(connection.prepare_cached(sql)?.query_row([table], |row| row.get(0))?)
}
