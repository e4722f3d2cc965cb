//! The translation of SQLite's errors into errors of the store.

use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Error;
use rusqlite::ErrorCode;

use crate::store::error::StoreError;
use crate::store::lock_holder::lock_holder;
use crate::store::sqlite::access::denied;

/// The error of a job on a connection.
pub(crate) enum SqlError {
    Sqlite(Error),
    Store(StoreError),
}

impl SqlError {
    /// Returns the error of the store; `doing` names the failed operation.
    pub(crate) fn into_store_error(self, place: &Path, doing: &str) -> StoreError {
        match self {
            Self::Sqlite(error) => translate(error, place, doing),
            Self::Store(error) => error,
        }
    }
}

impl From<Error> for SqlError {
    fn from(error: Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for SqlError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Translates an error of SQLite; `doing` names the failed operation.
pub(crate) fn translate(error: Error, place: &Path, doing: &str) -> StoreError {
    let what = |reason: &str| format!("{doing} {}: {reason}", place.display());
    let code = error.sqlite_error_code();
    let column_broken = matches!(
        error,
        Error::InvalidColumnType(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::Utf8Error(..)
            | Error::FromSqlConversionFailure(..)
    );
    let source = Some(Arc::new(error) as _);
    match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Unavailable { message: what(&locked(place)), source }
        }
        Some(ErrorCode::OperationInterrupted) => StoreError::Unavailable { message: what("no answer in time"), source },
        Some(ErrorCode::DiskFull) => StoreError::Unavailable { message: what("the disk is full"), source },
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => match denied(place) {
            Some(error) => refused(what, error),
            None if code == Some(ErrorCode::ReadOnly) => {
                StoreError::Unavailable { message: what("the file is read-only"), source }
            }
            None => StoreError::Unavailable { message: what("the file cannot be opened"), source },
        },
        Some(ErrorCode::SystemIoFailure) => {
            StoreError::Unavailable { message: what("reading or writing the file failed"), source }
        }
        Some(ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => {
            StoreError::NotAllowed { message: what("not allowed"), source }
        }
        Some(ErrorCode::NotADatabase) => StoreError::Integrity { message: what("not a SQLite database"), source },
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Integrity { message: what("the file is damaged"), source },
        Some(ErrorCode::TooBig | ErrorCode::OutOfMemory) => StoreError::Unavailable { message: what("too large"), source },
        _ if column_broken => StoreError::Integrity { message: what("a value has an unexpected type"), source },
        _ => StoreError::Integrity { message: what("unexpected answer of the database"), source },
    }
}

/// Describes the holder of the lock. The write lock is on the index of the WAL, other locks are on the file itself.
fn locked(file: &Path) -> String {
    let mut index = file.as_os_str().to_owned();
    index.push("-shm");
    match lock_holder(&PathBuf::from(index)).or_else(|| lock_holder(file)) {
        Some(holder) => format!("another process holds the lock: {holder}"),
        None => "another process holds the lock".to_owned(),
    }
}

/// Translates an I/O error of the file. A missing permission is permanent; a read-only file system may be temporary.
pub(super) fn refused(what: impl Fn(&str) -> String, error: io::Error) -> StoreError {
    let kind = error.kind();
    let reason = error.to_string();
    let source = Some(Arc::new(error) as _);
    match kind {
        io::ErrorKind::PermissionDenied => StoreError::NotAllowed { message: what("permission denied"), source },
        io::ErrorKind::ReadOnlyFilesystem => StoreError::Unavailable { message: what("the file system is read-only"), source },
        io::ErrorKind::IsADirectory => StoreError::Invalid(what("it is a directory, expected a file")),
        _ => StoreError::Unavailable { message: what(&reason), source },
    }
}
