//! When a snapshot is taken, and taking it.

use crate::aggregate::Fold;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::runtime::error::RuntimeError;
use crate::runtime::load::Loaded;
use crate::store::Snapshot;
use crate::store::Store;

/// A snapshot every so many events of a stream, unless told otherwise.
pub const DEFAULT_SNAPSHOT_EVERY: u64 = 100;

/// A snapshot every so many events of a stream; 0: never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotPolicy {
    /// How many events.
    pub every: u64,
}

impl Default for SnapshotPolicy {
    fn default() -> Self {
        Self { every: DEFAULT_SNAPSHOT_EVERY }
    }
}

impl SnapshotPolicy {
    /// Whether going from one version to another passes a multiple.
    pub fn is_due(self, before: Version, after: Version) -> bool {
        self.every > 0 && before.0 / self.every < after.0 / self.every
    }
}

/// Keeps the state of a fold that stands where `loaded` says. The state is written down at once: what is
/// awaited is only the store, so the fold need not be shared between threads.
///
/// # Errors
/// As the store says, or when the state cannot be written.
pub fn take_snapshot<'s, F: Fold + ?Sized>(
    store: &'s Store,
    stream: &StreamName,
    fold: &F,
    loaded: &Loaded,
    now: Timestamp,
) -> impl Future<Output = Result<Snapshot, RuntimeError>> + use<'s, F> {
    let reducer = fold.version();
    let snapshot = fold.save().map_err(RuntimeError::State).map(|state| Snapshot {
        stream: stream.clone(),
        version: loaded.version,
        event_hash: loaded.hash,
        reducer: reducer.name,
        reducer_version: reducer.version,
        taken_at: now,
        state,
    });
    async move {
        let snapshot = snapshot?;
        store.put_snapshot(snapshot.clone()).await?;
        Ok(snapshot)
    }
}

#[cfg(test)]
mod tests {
    use super::SnapshotPolicy;
    use crate::event::Version;

    #[test]
    fn a_snapshot_is_due_when_a_multiple_is_passed() {
        let due = |every, before, after| SnapshotPolicy { every }.is_due(Version(before), Version(after));
        assert!(due(100, 99, 100));
        assert!(due(100, 95, 105));
        assert!(!due(100, 100, 199));
        assert!(!due(0, 0, 1000));
    }
}
