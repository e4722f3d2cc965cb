//! The requirements on the other end of a connection, and the identity of the server process there.

use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::store::error::StoreError;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::settings::SessionSettings;
use crate::store::postgres::url::PostgresUrl;

/// The store that a connection is opened for.
pub(crate) struct Wanted {
    pub(crate) url: PostgresUrl,
    pub(crate) settings: SessionSettings,
    /// True if a server of another product is accepted.
    pub(crate) accept_server: bool,
}

/// A server process, distinguished from a later one with the same process id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DatabaseProcess {
    pub(crate) pid: i32,
    pub(crate) started: String,
    /// The number of the current transaction for this program; `None` where the process serves this program only.
    pub(crate) transaction: Option<String>,
}

/// Reads a server process from a row that begins with its process id and its start.
pub(crate) fn process_of(row: &PgRow, transaction: Option<String>) -> Result<DatabaseProcess, SqlError> {
    let pid: String = row.try_get(0)?;
    let pid = pid.parse().map_err(|_| StoreError::integrity("the server returned no process id"))?;
    Ok(DatabaseProcess { pid, started: row.try_get::<Option<_>, _>(1)?.unwrap_or_default(), transaction })
}
