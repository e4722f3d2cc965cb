//! What PostgreSQL says, in the words of the store. What happened is told by its SQLSTATE, never by its text.

use std::io;
use std::sync::Arc;

use sqlx::Error;
use thiserror::Error as ThisError;

use crate::store::error::ServerProblem;
use crate::store::error::StoreError;

/// What a job on a connection can fail with.
#[derive(Debug, ThisError)]
pub(crate) enum SqlError {
    /// The driver or the server said so.
    #[error(transparent)]
    Sql(#[from] Error),
    /// The lock was not free in time.
    #[error("{source}")]
    Locked {
        /// The answer of the server.
        source: Error,
        /// The session that holds the lock, in words.
        holder: String,
    },
    /// No answer came in time: the connection is of no use any more.
    #[error("the server gave no answer in time")]
    Late,
    /// The settings of the session or transaction are not those that were sent: a pooler is in between.
    #[error("the settings are not in force")]
    SettingsLost,
    /// A pooler ends connections on which a transaction begins.
    #[error("no transaction can begin")]
    NoTransactions,
    /// Already in the words of the store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SqlError {
    /// Whether an answer of the server says that a lock was not free in time.
    pub(crate) fn is_lock(error: &Error) -> bool {
        // lock_not_available
        matches!(error, Error::Database(error) if error.code().as_deref() == Some("55P03"))
    }

    pub(crate) fn sqlstate(&self) -> Option<String> {
        match self {
            Self::Sql(Error::Database(error)) => error.code().map(|code| code.into_owned()),
            _ => None,
        }
    }

    /// Returns true where a connection fails with the settings of a session, and may not fail without.
    fn is_of_settings(code: &str) -> bool {
        // protocol_violation is the answer of PgBouncer, feature_not_supported of others; a server that does not know a
        // setting answers with undefined_object or invalid_parameter_value.
        ["08P01", "0A000", "42704", "22023"].contains(&code)
    }

    /// Returns true where the settings of a session were refused or lost, as they are by a pooler.
    pub(crate) fn refuses_settings(&self) -> bool {
        matches!(self, Self::SettingsLost) || self.sqlstate().is_some_and(|code| Self::is_of_settings(&code))
    }

    /// Returns true where the other end does not take what was sent.
    pub(crate) fn violates_protocol(&self) -> bool {
        self.sqlstate().as_deref() == Some("08P01")
    }

    /// Whether the schema, or something in it, is not there.
    pub(crate) fn nothing_there(&self) -> bool {
        // undefined_table, undefined_function, invalid_schema_name
        matches!(self.sqlstate().as_deref(), Some("42P01" | "42883" | "3F000"))
    }

    /// Whether a row with the same key is there.
    pub(crate) fn is_there_already(&self) -> bool {
        // unique_violation
        self.sqlstate().as_deref() == Some("23505")
    }

    /// Whether the connection broke, so that nobody knows how far the server came.
    pub(crate) fn broken(&self) -> bool {
        match self {
            Self::Late => true,
            Self::Sql(Error::Io(_) | Error::Protocol(_) | Error::Tls(_) | Error::WorkerCrashed) => true,
            // connection_exception …, admin_shutdown, crash_shutdown, idle_session_timeout
            _ => self.sqlstate().is_some_and(|code| code.starts_with("08") || ["57P01", "57P02", "57P05"].contains(&&*code)),
        }
    }

    /// In the words of the store; `doing` says what was tried.
    pub(crate) fn translate(self, place: &str, doing: &str) -> StoreError {
        let what = |reason: &str| format!("{doing} {place}: {reason}");
        let code = self.sqlstate();
        let error = match self {
            Self::Store(error) => return error,
            Self::SettingsLost => return bad_pooler(place, "does not keep the settings of a transaction"),
            Self::NoTransactions => return bad_pooler(place, "allows no transactions, as with pool_mode = statement"),
            Self::Late => return StoreError::Unavailable { message: what("the server gave no answer in time"), source: None },
            Self::Locked { source, holder } => {
                let message = what(&format!("another session holds the lock: {holder}"));
                return StoreError::Unavailable { message, source: Some(Arc::new(source)) };
            }
            Self::Sql(error) => error,
        };
        if let Some(code) = code {
            return of_state(&code, error, &what);
        }
        let (unavailable, reason) = match &error {
            Error::Io(error) if error.kind() != io::ErrorKind::InvalidData => (true, "the connection failed"),
            // A TLS library tells the driver of a certificate it does not trust as of data that is not valid.
            Error::Io(_) | Error::Tls(_) => {
                let message = what("TLS is not possible as asked; sslmode and sslrootcert in the URL say what is wanted");
                return StoreError::NotAllowed { message, source: Some(Arc::new(error)) };
            }
            Error::Protocol(_) | Error::WorkerCrashed => (true, "the server does not speak as PostgreSQL does"),
            Error::Configuration(_) | Error::ConfigFile(_) => {
                // Its text may hold parts of the URL.
                return StoreError::Invalid(what("the connection cannot be set up as asked"));
            }
            _ => (false, "a value is not what was written"),
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
        "28000" | "28P01" => not_allowed("the server does not let this user in"),
        "42501" => not_allowed("this user is not allowed to"),
        "25006" => not_allowed("the server takes no writes: it is a standby, or read-only"),
        "3D000" => StoreError::NotFound(what("there is no such database")),
        "53100" => unavailable("the disk of the server is full"),
        "53300" => unavailable("the server has too many connections"),
        "55P03" => unavailable("another session holds the lock"),
        "57014" => unavailable("the server took too long"),
        "57P01" | "57P02" | "57P03" => unavailable("the server is starting or shutting down"),
        "P0002" => integrity("the head row of the store is missing"),
        // Raised by append_events.
        "ES001" => integrity("the last event is another one than the head of the store says"),
        // invalid_column_reference: an upsert without the key that it relies on.
        "42P10" => StoreError::Schema(what("a primary key or unique index is missing")),
        "23505" => integrity("two events claim one place"),
        "22021" => StoreError::Invalid(what("PostgreSQL cannot hold a text with NUL in it")),
        "54000" => StoreError::Invalid(what("a key or name is too long for an index")),
        _ if code.starts_with("XX") => integrity("the database is damaged"),
        _ => match &code[..2.min(code.len())] {
            "08" => unavailable("the connection failed"),
            "40" | "53" | "55" | "57" | "58" => unavailable("the server cannot do it now"),
            "22" => StoreError::Invalid(what("the server cannot hold a value")),
            _ => integrity("the database does not answer as it should"),
        },
    }
}
