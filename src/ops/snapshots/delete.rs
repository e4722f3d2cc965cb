//! Deletion of snapshots. Events are not changed.

use crate::event::StreamName;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::not_found::must_exist;
use crate::ops::snapshots::pages::SnapshotPages;
use crate::store::SnapshotInfo;
use crate::store::Store;

/// Finds the snapshots of a stream, all or those at a version.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream; [`OpsError::NotThere`] when it has no such snapshot.
pub async fn find_snapshots(store: &Store, stream: &StreamName, version: Option<Version>) -> Result<Vec<SnapshotInfo>, OpsError> {
    let mut pages = SnapshotPages::of(store, Some(stream.clone()));
    let mut found = Vec::new();
    while let Some(info) = pages.next().await? {
        if version.is_none_or(|version| version == info.version) {
            found.push(info);
        }
    }
    if !found.is_empty() {
        // A snapshot of a missing stream is wrong, and can be deleted too.
        return Ok(found);
    }
    must_exist(store, stream.clone()).await?;
    Err(missing(stream, version))
}

/// Deletes snapshots, all or none. Returns the number of those that still existed.
pub async fn delete_snapshots(store: &Store, snapshots: Vec<SnapshotInfo>) -> Result<u64, OpsError> {
    Ok(store.delete_snapshots(snapshots).await?)
}

/// Returns the error for a missing snapshot.
pub(super) fn missing(stream: &StreamName, version: Option<Version>) -> OpsError {
    let at = version.map_or_else(String::new, |version| format!(" at version {version}"));
    OpsError::NotThere { kind: "snapshot", message: format!("stream {stream} has no snapshot{at}") }
}
