//! What SQLite says, in the words of the store.

use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Error;
use rusqlite::ErrorCode;

use crate::store::error::StoreError;
use crate::store::lock_holder::lock_holder;
use crate::store::sqlite::access::denied;

/// Turns an error of SQLite into that of a store; `doing` says what was tried.
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
        Some(ErrorCode::NotADatabase) => StoreError::Integrity { message: what("this is no SQLite database"), source },
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Integrity { message: what("the file is damaged"), source },
        Some(ErrorCode::TooBig | ErrorCode::OutOfMemory) => StoreError::Unavailable { message: what("too large"), source },
        _ if column_broken => StoreError::Integrity { message: what("a value is not what was written"), source },
        _ => StoreError::Integrity { message: what("the database does not answer as it should"), source },
    }
}

/// The lock for writing is on the index of the WAL, other locks are on the file itself.
fn locked(file: &Path) -> String {
    let mut index = file.as_os_str().to_owned();
    index.push("-shm");
    match lock_holder(&PathBuf::from(index)).or_else(|| lock_holder(file)) {
        Some(holder) => format!("another process holds the lock: {holder}"),
        None => "another process holds the lock".to_owned(),
    }
}

/// An error of the system about the file: missing permission cannot be retried, a file system that is read-only can be.
pub(super) fn refused(what: impl Fn(&str) -> String, error: io::Error) -> StoreError {
    let kind = error.kind();
    let reason = error.to_string();
    let source = Some(Arc::new(error) as _);
    match kind {
        io::ErrorKind::PermissionDenied => StoreError::NotAllowed { message: what("permission denied"), source },
        io::ErrorKind::ReadOnlyFilesystem => StoreError::Unavailable { message: what("the file system is read-only"), source },
        io::ErrorKind::IsADirectory => StoreError::Invalid(what("it is a directory; a file is wanted")),
        _ => StoreError::Unavailable { message: what(&reason), source },
    }
}
