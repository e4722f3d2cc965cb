//! The snapshot policy, and taking a snapshot.

use std::collections::BTreeMap;

use crate::aggregate::Fold;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::nfc;
use crate::runtime::error::RuntimeError;
use crate::runtime::load::Loaded;
use crate::store::Snapshot;
use crate::store::Store;
use crate::store::state_hash;

/// Default number of events between two snapshots of a stream.
pub const DEFAULT_SNAPSHOT_EVERY: u64 = 100;

/// The number of events between two snapshots of a stream; 0 for no snapshots. It may differ by category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotPolicy {
    every: u64,
    categories: BTreeMap<String, u64>,
}

impl Default for SnapshotPolicy {
    fn default() -> Self {
        Self::every(DEFAULT_SNAPSHOT_EVERY)
    }
}

impl SnapshotPolicy {
    /// Creates a policy for streams of all categories.
    pub fn every(events: u64) -> Self {
        Self { every: events, categories: BTreeMap::new() }
    }

    /// Returns the same policy with another number for one category.
    #[must_use]
    pub fn with_category(mut self, category: &str, events: u64) -> Self {
        self.categories.insert(nfc(category).into_owned(), events);
        self
    }

    /// Returns true if a snapshot is due after a stream has gone from one version to another.
    pub fn is_due(&self, category: &str, before: Version, after: Version) -> bool {
        let every = self.categories.get(category).copied().unwrap_or(self.every);
        every > 0 && before.0 / every < after.0 / every
    }
}

/// Stores a snapshot of a fold at the state that `loaded` describes. The state is serialized before the returned future
/// is awaited, so the fold need not be shared between threads.
///
/// # Errors
/// [`RuntimeError::State`] if the state cannot be serialized.
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
        left_out: loaded.left_out.clone(),
        state_hash: state_hash(&state, &loaded.left_out),
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
        let due = |every, before, after| SnapshotPolicy::every(every).is_due("order", Version(before), Version(after));
        assert!(due(100, 99, 100));
        assert!(due(100, 95, 105));
        assert!(!due(100, 100, 199));
        assert!(!due(0, 0, 1000));
    }

    #[test]
    fn a_category_can_have_a_number_of_its_own() {
        let policy = SnapshotPolicy::every(0).with_category("order", 10);
        assert!(policy.is_due("order", Version(9), Version(10)));
        assert!(!policy.is_due("resource", Version(9), Version(10)));
        assert!(!SnapshotPolicy::default().with_category("order", 0).is_due("order", Version(0), Version(1000)));
    }
}
