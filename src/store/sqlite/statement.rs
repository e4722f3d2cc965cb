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

/// Reads once more after an error if the store is of this schema version. A statement for an older one reads tables that
/// another process may replace after the statement was prepared.
pub(crate) fn read_across_migration<T>(connection: &Connection, read: impl Fn() -> Result<T, SqlError>) -> Result<T, SqlError> {
    match read() {
        Err(SqlError::Sqlite(error))
            if error.sqlite_error_code() == Some(ErrorCode::Unknown) && schema_version(connection)? == SCHEMA_VERSION =>
        {
            read()
        }
        outcome => outcome,
    }
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use rusqlite::Connection;

    use super::SCHEMA_VERSION;
    use super::read_across_migration;

    #[test]
    fn a_read_that_a_migration_interrupts_is_repeated_once() {
        for (version, reads) in [(SCHEMA_VERSION, 2), (SCHEMA_VERSION - 1, 1)] {
            let connection = Connection::open_in_memory().unwrap();
            connection.pragma_update(None, "user_version", version).unwrap();
            connection.execute_batch("CREATE VIEW head AS SELECT json_extract('{}', 'migrated') AS position").unwrap();
            let count = Cell::new(0);
            let read = || {
                count.set(count.get() + 1);
                Ok(connection.query_row("SELECT position FROM head", [], |row| row.get::<_, i64>(0))?)
            };
            assert!(read_across_migration(&connection, read).is_err());
            assert_eq!(count.get(), reads);
        }
    }
}
