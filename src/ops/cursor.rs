//! A reader's cursor against the end of what it points into.

use crate::ops::error::OpsError;
use crate::store::Source;
use crate::store::Store;

/// Refuses a cursor beyond the end: the store is older than the reader, for instance restored from a backup.
///
/// # Errors
/// [`OpsError::CursorBeyondEnd`], or an error of the store.
pub(crate) async fn check_cursor(store: &Store, source: &Source, cursor: u64, end: u64) -> Result<(), OpsError> {
    if cursor <= end {
        return Ok(());
    }
    let of = match source {
        Source::All => "the store".to_owned(),
        Source::Stream(stream) => format!("stream {stream}"),
    };
    let replica = store.may_lag().await?;
    Err(OpsError::CursorBeyondEnd { of, cursor, end, replica })
}
