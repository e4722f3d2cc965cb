//! The other end of a connection: what a store needs it to be, and what was found there.

use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::store::error::StoreError;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::settings::Settings;
use crate::store::postgres::url::PostgresUrl;

/// The store that a connection is opened for.
pub(crate) struct Wanted {
    pub(crate) url: PostgresUrl,
    pub(crate) settings: Settings,
    /// A server of another product will do.
    pub(crate) accept_server: bool,
}

/// A store that was found, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A store of this program's schema version.
    Current,
    /// A store of this older version: it can be read as it is.
    Older(u32),
    /// No store; one may be made.
    Nothing,
}

/// A server process, told apart from a later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ServerProcess {
    pub(crate) pid: i32,
    pub(crate) started: String,
    /// The number of the transaction that it works on for this program; `None` where it works for this program alone.
    pub(crate) transaction: Option<String>,
}

/// Reads a server process from a row that begins with its number and its start.
pub(crate) fn process_of(row: &PgRow, transaction: Option<String>) -> Result<ServerProcess, SqlError> {
    let pid: String = row.try_get(0)?;
    let pid = pid.parse().map_err(|_| StoreError::integrity("the server does not say who it is"))?;
    Ok(ServerProcess { pid, started: row.try_get::<Option<_>, _>(1)?.unwrap_or_default(), transaction })
}
