//! Write transactions.

use rusqlite::Connection;

use crate::store::sqlite::error::SqlError;

/// Runs a job in a transaction that has the write lock from its start. An error rolls all of it back.
///
/// Unlike a transaction of rusqlite, it begins and ends with prepared statements, which makes single appends faster.
pub(crate) fn write<T>(connection: &Connection, job: impl FnOnce() -> Result<T, SqlError>) -> Result<T, SqlError> {
    let run = |sql: &str| -> Result<(), SqlError> {
        connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    };
    run("BEGIN IMMEDIATE")?;
    let outcome = job().and_then(|done| run("COMMIT").map(|()| done));
    // Some errors have rolled back already. When this ROLLBACK fails as well, the next BEGIN reports it.
    if outcome.is_err() && !connection.is_autocommit() {
        let _ = run("ROLLBACK");
    }
    outcome
}
