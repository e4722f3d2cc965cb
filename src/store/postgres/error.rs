//! The translation of PostgreSQL's errors into errors of the store. The SQLSTATE decides, never the text.

use std::io;
use std::sync::Arc;

use sqlx::Error;
use thiserror::Error as ThisError;

use crate::store::error::ServerProblem;
use crate::store::error::StoreError;

/// The error of a job on a connection.
#[derive(Debug, ThisError)]
pub(crate) enum SqlError {
    /// An error of the driver or the server.
    #[error(transparent)]
    Sql(#[from] Error),
    /// A lock was not free in time.
    #[error("{source}")]
    Locked {
        /// The answer of the server.
        source: Error,
        /// The description of the session that holds the lock.
        holder: String,
    },
    /// No answer came in time. The connection is unusable.
    #[error("the server gave no answer in time")]
    Late,
    /// The settings of the session or transaction were not applied: there is a pooler.
    #[error("the settings are not in force")]
    SettingsLost,
    /// The pooler closes connections on which a transaction begins.
    #[error("no transaction can begin")]
    NoTransactions,
    /// A pooler refused a connection for which the variable PGOPTIONS is set, perhaps because of it.
    #[error(transparent)]
    WithOptions(Error),
    /// An error of the store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SqlError {
    /// Returns true for the answer that a lock was not free in time.
    pub(crate) fn is_lock(error: &Error) -> bool {
        // lock_not_available
        matches!(error, Error::Database(error) if error.code().as_deref() == Some("55P03"))
    }

    pub(crate) fn sqlstate(&self) -> Option<String> {
        match self {
            Self::Sql(Error::Database(error)) | Self::WithOptions(Error::Database(error)) => {
                error.code().map(|code| code.into_owned())
            }
            _ => None,
        }
    }

    /// Returns true for an error that the settings of a session may have caused.
    fn is_of_settings(code: &str) -> bool {
        // protocol_violation is the answer of PgBouncer, feature_not_supported that of other poolers. A server that does
        // not know a setting answers undefined_object or invalid_parameter_value.
        ["08P01", "0A000", "42704", "22023"].contains(&code)
    }

    /// Returns true where the settings of a session were refused or lost, which indicates a pooler.
    pub(crate) fn refuses_settings(&self) -> bool {
        matches!(self, Self::SettingsLost) || self.sqlstate().is_some_and(|code| Self::is_of_settings(&code))
    }

    /// Returns true where the other end refuses the protocol.
    pub(crate) fn violates_protocol(&self) -> bool {
        self.sqlstate().as_deref() == Some("08P01")
    }

    /// Returns true where the schema or an object in it does not exist.
    pub(crate) fn is_missing_object(&self) -> bool {
        // undefined_table, undefined_function, invalid_schema_name
        matches!(self.sqlstate().as_deref(), Some("42P01" | "42883" | "3F000"))
    }

    /// Returns true where a kept statement has other columns now, since a table was altered. A new connection keeps none.
    pub(crate) fn is_stale_statement(&self) -> bool {
        // feature_not_supported, here "cached plan must not change result type"
        self.sqlstate().as_deref() == Some("0A000")
    }

    /// Returns true where a row with the same key exists.
    pub(crate) fn is_duplicate(&self) -> bool {
        // unique_violation
        self.sqlstate().as_deref() == Some("23505")
    }

    /// Returns true where the connection broke, so the progress of the server is unknown.
    pub(crate) fn broken(&self) -> bool {
        match self {
            Self::Late => true,
            Self::Sql(Error::Io(_) | Error::Protocol(_) | Error::Tls(_) | Error::WorkerCrashed) => true,
            // connection_exception …, admin_shutdown, crash_shutdown, idle_session_timeout
            _ => self.sqlstate().is_some_and(|code| code.starts_with("08") || ["57P01", "57P02", "57P05"].contains(&&*code)),
        }
    }

    /// Translates the error into one of the store; `doing` names the failed operation.
    pub(crate) fn translate(self, place: &str, doing: &str) -> StoreError {
        let what = |reason: &str| format!("{doing} {place}: {reason}");
        let code = self.sqlstate();
        let error = match self {
            Self::Store(error) => return error,
            Self::SettingsLost => return bad_pooler(place, "does not keep the settings of a transaction"),
            Self::NoTransactions => return bad_pooler(place, "allows no transactions, as with pool_mode = statement"),
            Self::WithOptions(error) if code.as_deref() == Some("08P01") => {
                let message = what("the connection failed; if a connection pooler refuses the variable PGOPTIONS, unset it");
                return StoreError::Unavailable { message, source: Some(Arc::new(error)) };
            }
            Self::Late => return StoreError::Unavailable { message: what("the server gave no answer in time"), source: None },
            Self::Locked { source, holder } => {
                let message = what(&format!("another session holds the lock: {holder}"));
                return StoreError::Unavailable { message, source: Some(Arc::new(source)) };
            }
            Self::Sql(error) | Self::WithOptions(error) => error,
        };
        if let Some(code) = code {
            return of_state(&code, error, &what);
        }
        let (unavailable, reason) = match &error {
            Error::Io(error) if error.kind() != io::ErrorKind::InvalidData => (true, "the connection failed"),
            // A TLS library reports an untrusted certificate to the driver as invalid data.
            Error::Io(_) | Error::Tls(_) => {
                let message = what("the requested TLS connection failed; check sslmode and sslrootcert in the URL");
                return StoreError::NotAllowed { message, source: Some(Arc::new(error)) };
            }
            Error::Protocol(_) | Error::WorkerCrashed => (true, "the server does not follow the protocol of PostgreSQL"),
            Error::Configuration(_) | Error::ConfigFile(_) => {
                // Its text may contain parts of the URL.
                return StoreError::Invalid(what("the settings of the connection are invalid"));
            }
            _ => (false, "a value has an unexpected type"),
        };
        let source = Some(Arc::new(error) as _);
        if unavailable {
            StoreError::Unavailable { message: what(reason), source }
        } else {
            StoreError::Integrity { message: what(reason), source }
        }
    }
}

fn bad_pooler(place: &str, fault: &str) -> StoreError {
    StoreError::Unsuitable { problem: ServerProblem::Pooler, message: format!("the connection pooler at {place} {fault}") }
}

fn of_state(code: &str, error: Error, what: &dyn Fn(&str) -> String) -> StoreError {
    let source = Some(Arc::new(error) as _);
    let unavailable = |reason: &str| StoreError::Unavailable { message: what(reason), source: source.clone() };
    let not_allowed = |reason: &str| StoreError::NotAllowed { message: what(reason), source: source.clone() };
    let integrity = |reason: &str| StoreError::Integrity { message: what(reason), source: source.clone() };
    match code {
        "28000" | "28P01" => not_allowed("the server refused to authenticate this user"),
        "42501" => not_allowed("permission denied to this user"),
        "25006" => not_allowed("the server accepts no writes: it is a standby, or read-only"),
        "3D000" => StoreError::NotFound(what("the database does not exist")),
        "53100" => unavailable("the disk of the server is full"),
        "53300" => unavailable("the server has too many connections"),
        "55P03" => unavailable("another session holds the lock"),
        "57014" => unavailable("the server took too long"),
        "57P01" | "57P02" | "57P03" => unavailable("the server is starting or shutting down"),
        "P0002" => integrity("the head row of the store is missing"),
        // Raised by append_events.
        "ES001" => integrity("the last event is not the recorded head of the store"),
        // invalid_column_reference: an upsert without the key that it relies on.
        "42P10" => StoreError::Schema(what("a primary key or unique index is missing")),
        "23505" => integrity("two events have the same position, version or id"),
        "22021" => StoreError::Invalid(what("PostgreSQL cannot store a text that contains NUL")),
        "54000" => StoreError::Invalid(what("a key or name is too long for an index")),
        _ if code.starts_with("XX") => integrity("the database is damaged"),
        _ => match &code[..2.min(code.len())] {
            "08" => unavailable("the connection failed"),
            "40" | "53" | "55" | "57" | "58" => unavailable("the server cannot do this at the moment"),
            "22" => StoreError::Invalid(what("the server cannot store a value")),
            _ => integrity("unexpected answer of the database"),
        },
    }
}
