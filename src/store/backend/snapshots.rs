//! The part of a backend that stores snapshots.

use crate::event::StreamName;
use crate::event::Version;
use crate::store::answer::Answer;
use crate::store::snapshot::Snapshot;
use crate::store::snapshot::SnapshotInfo;
use crate::store::snapshot::SnapshotQuery;

/// The snapshots of one database.
///
/// A snapshot is returned as it was stored: the caller checks it against its event before use. No method reads or changes
/// an event.
pub trait Snapshots: Send + Sync {
    /// Stores a snapshot. An earlier one of the same stream, reducer and version is replaced.
    fn put_snapshot(&self, snapshot: Snapshot) -> Answer<()>;

    /// Returns the newest snapshot of a stream and a reducer, at or below a version.
    fn snapshot(&self, stream: StreamName, reducer: String, at_most: Version) -> Answer<Option<Snapshot>>;

    /// Returns snapshots in the order of stream, reducer and version.
    fn snapshots(&self, query: SnapshotQuery) -> Answer<Vec<SnapshotInfo>>;

    /// Deletes snapshots. Returns the number of deleted snapshots.
    fn delete_snapshots(&self, snapshots: Vec<SnapshotInfo>) -> Answer<u64>;
}
