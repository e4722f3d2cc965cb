//! Thinning out: only the newest snapshots of each stream and reducer stay.

use std::collections::VecDeque;
use std::mem;

use crate::ops::error::OpsError;
use crate::ops::snapshots::pages::SnapshotPages;
use crate::store::SnapshotInfo;
use crate::store::Store;

/// Deleted in one transaction.
const BATCH: usize = 500;

/// How many snapshots can go, when the newest `keep` of each stream and reducer stay.
///
/// # Errors
/// As the store says.
pub async fn count_prunable(store: &Store, keep: usize) -> Result<u64, OpsError> {
    let mut prunable = Prunable::open(store, keep).await?;
    let mut count = 0;
    while prunable.next().await?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// Deletes them; how many there were.
///
/// # Errors
/// As the store says; what was deleted until then stays so.
pub async fn prune(store: &Store, keep: usize) -> Result<u64, OpsError> {
    let mut prunable = Prunable::open(store, keep).await?;
    let (mut deleted, mut batch) = (0, Vec::new());
    while let Some(info) = prunable.next().await? {
        batch.push(info);
        if batch.len() == BATCH {
            deleted += store.delete_snapshots(mem::take(&mut batch)).await?;
        }
    }
    Ok(deleted + store.delete_snapshots(batch).await?)
}

/// Finds the snapshots that can go; memory stays flat.
struct Prunable {
    pages: SnapshotPages,
    keep: usize,
    /// The newest so far of the stream and reducer that is looked at.
    newest: VecDeque<SnapshotInfo>,
}

impl Prunable {
    async fn open(store: &Store, keep: usize) -> Result<Self, OpsError> {
        Ok(Self { pages: SnapshotPages::open(store, None).await?, keep, newest: VecDeque::new() })
    }

    async fn next(&mut self) -> Result<Option<SnapshotInfo>, OpsError> {
        while let Some(info) = self.pages.next().await? {
            if self.newest.back().is_some_and(|last| last.stream != info.stream || last.reducer != info.reducer) {
                self.newest.clear();
            }
            self.newest.push_back(info);
            if self.newest.len() > self.keep {
                return Ok(self.newest.pop_front());
            }
        }
        Ok(None)
    }
}
