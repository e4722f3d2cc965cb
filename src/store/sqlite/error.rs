//! What SQLite says, in the words of the store.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Error;
use rusqlite::ErrorCode;

use crate::store::error::StoreError;

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
            StoreError::Unavailable { message: what("another process holds the lock"), source }
        }
        Some(ErrorCode::DiskFull) => StoreError::Unavailable { message: what("the disk is full"), source },
        Some(ErrorCode::ReadOnly) => StoreError::Unavailable { message: what("the file is read-only"), source },
        Some(ErrorCode::CannotOpen) => StoreError::Unavailable { message: what("the file cannot be opened"), source },
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
