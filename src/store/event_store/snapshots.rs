//! The snapshots of a store.

use crate::event::StreamName;
use crate::event::Version;
use crate::store::error::StoreError;
use crate::store::event_store::Store;
use crate::store::snapshot::Snapshot;
use crate::store::snapshot::SnapshotInfo;
use crate::store::snapshot::SnapshotQuery;

impl Store {
    /// Stores a snapshot. An earlier one of the same stream, reducer and version is replaced.
    pub async fn put_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        self.write(|backend| backend.put_snapshot(snapshot)).await?;
        self.observers.snapshot_kept();
        Ok(())
    }

    /// Returns the newest snapshot of a stream and a reducer, at or below a version. It is not checked yet.
    pub async fn snapshot(&self, stream: StreamName, reducer: String, at_most: Version) -> Result<Option<Snapshot>, StoreError> {
        self.reader.ask(self.backend.snapshot(stream, reducer, at_most)).await
    }

    /// Returns snapshots in the order of stream, reducer and version.
    pub async fn snapshots(&self, query: SnapshotQuery) -> Result<Vec<SnapshotInfo>, StoreError> {
        self.reader.ask(self.backend.snapshots(query)).await
    }

    /// Deletes snapshots. Returns the number of deleted snapshots.
    pub async fn delete_snapshots(&self, snapshots: Vec<SnapshotInfo>) -> Result<u64, StoreError> {
        self.write(|backend| backend.delete_snapshots(snapshots)).await
    }
}
