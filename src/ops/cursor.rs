//! Check of a reader's cursor.

use crate::ops::error::OpsError;
use crate::store::ReadSource;
use crate::store::Store;

/// Checks that a cursor is not beyond the end. Otherwise the store is older than the reader, for instance restored from a backup.
///
/// # Errors
/// [`OpsError::CursorBeyondEnd`] when the cursor is beyond the end.
pub(crate) async fn check_cursor(store: &Store, source: &ReadSource, cursor: u64, end: u64) -> Result<(), OpsError> {
    // An empty store of another program may have had events that its program has archived.
    if cursor <= end || (end == 0 && !store.abilities().dense) {
        return Ok(());
    }
    let of = match source {
        ReadSource::All => "the store".to_owned(),
        ReadSource::Stream(stream) => format!("stream {stream}"),
    };
    let replica = store.may_lag().await?;
    Err(OpsError::CursorBeyondEnd { of, cursor, end, replica })
}
