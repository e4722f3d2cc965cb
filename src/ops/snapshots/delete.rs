//! Deleting snapshots of a stream; its events stay as they are.

use crate::event::StreamName;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::near::must_exist;
use crate::ops::snapshots::pages::SnapshotPages;
use crate::store::SnapshotInfo;
use crate::store::Store;

/// The snapshots of a stream, all or those at a version.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream, [`OpsError::NotThere`] when it has no such snapshot, or as
/// the store says.
pub async fn find_snapshots(store: &Store, stream: &StreamName, version: Option<Version>) -> Result<Vec<SnapshotInfo>, OpsError> {
    let mut pages = SnapshotPages::of(store, Some(stream.clone()));
    let mut found = Vec::new();
    while let Some(info) = pages.next().await? {
        if version.is_none_or(|version| version == info.version) {
            found.push(info);
        }
    }
    if !found.is_empty() {
        // Also of a stream that is not there: a snapshot that says so is wrong, and can be deleted.
        return Ok(found);
    }
    must_exist(store, stream.clone()).await?;
    Err(missing(stream, version))
}

/// Deletes snapshots that were found, all or none; how many were still there.
///
/// # Errors
/// As the store says.
pub async fn delete_snapshots(store: &Store, snapshots: Vec<SnapshotInfo>) -> Result<u64, OpsError> {
    Ok(store.delete_snapshots(snapshots).await?)
}

/// There is no such snapshot.
pub(super) fn missing(stream: &StreamName, version: Option<Version>) -> OpsError {
    let at = version.map_or_else(String::new, |version| format!(" at version {version}"));
    OpsError::NotThere { kind: "snapshot", message: format!("stream {stream} has no snapshot{at}") }
}
