//! One transaction for writing.

use rusqlite::Connection;

use crate::store::sqlite::connection::SqlError;

/// Runs a job in a transaction that has the lock for writing from its start; an error rolls all of it back.
///
/// Unlike rusqlite's own, it begins and ends with prepared statements: single appends are many.
pub(crate) fn write<T>(connection: &Connection, job: impl FnOnce() -> Result<T, SqlError>) -> Result<T, SqlError> {
    let run = |sql: &str| -> Result<(), SqlError> {
        connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    };
    run("BEGIN IMMEDIATE")?;
    let outcome = job().and_then(|done| run("COMMIT").map(|()| done));
    // Some errors have rolled back already. When this one fails as well, the next BEGIN says so.
    if outcome.is_err() && !connection.is_autocommit() {
        let _ = run("ROLLBACK");
    }
    outcome
}
