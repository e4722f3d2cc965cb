//! Pruning of snapshots: for each stream and reducer only the newest usable ones stay.

use std::mem;

use crate::ops::error::OpsError;
use crate::ops::snapshots::pages::SnapshotPages;
use crate::store::ReadQuery;
use crate::store::SnapshotInfo;
use crate::store::Store;

/// The number of snapshots that are deleted in one transaction.
const BATCH: usize = 500;

/// Counts the snapshots to delete if the newest `keep` of each stream and reducer stay. Wrong snapshots are not kept.
pub async fn count_prunable(store: &Store, keep: usize) -> Result<u64, OpsError> {
    let mut prunable = Prunable::open(store, keep).await?;
    let mut count = 0;
    while prunable.next().await?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// Deletes these snapshots. Returns their number. An error does not undo earlier deletions.
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

/// An iteration over the snapshots to delete, one stream and reducer at a time.
struct Prunable {
    store: Store,
    pages: SnapshotPages,
    keep: usize,
    /// The snapshots to delete of the current stream and reducer.
    found: Vec<SnapshotInfo>,
    /// The first snapshot of the next stream or reducer.
    next: Option<SnapshotInfo>,
}

impl Prunable {
    async fn open(store: &Store, keep: usize) -> Result<Self, OpsError> {
        let mut pages = SnapshotPages::open(store, None).await?;
        let next = pages.next().await?;
        Ok(Self { store: store.clone(), pages, keep, found: Vec::new(), next })
    }

    async fn next(&mut self) -> Result<Option<SnapshotInfo>, OpsError> {
        loop {
            if let Some(found) = self.found.pop() {
                return Ok(Some(found));
            }
            let Some(first) = self.next.take() else { return Ok(None) };
            let mut group = vec![first];
            while let Some(info) = self.pages.next().await? {
                if info.stream != group[0].stream || info.reducer != group[0].reducer {
                    self.next = Some(info);
                    break;
                }
                group.push(info);
            }
            self.found = self.prunable(group).await?;
        }
    }

    /// Returns the snapshots of a stream and reducer to delete: wrong ones, and all that are older than the kept ones. No load
    /// uses a wrong snapshot, so it does not count as kept.
    async fn prunable(&self, mut group: Vec<SnapshotInfo>) -> Result<Vec<SnapshotInfo>, OpsError> {
        let (mut kept, mut wrong) = (0, Vec::new());
        while kept < self.keep
            && let Some(newest) = group.pop()
        {
            if self.is_wrong(&newest).await? { wrong.push(newest) } else { kept += 1 }
        }
        group.extend(wrong);
        Ok(group)
    }

    async fn is_wrong(&self, info: &SnapshotInfo) -> Result<bool, OpsError> {
        let found = self.store.snapshot(info.stream.clone(), info.reducer.clone(), info.version).await?;
        let Some(snapshot) = found.filter(|snapshot| snapshot.version == info.version) else { return Ok(true) };
        let place = info.version.0;
        let event = self.store.first(ReadQuery::stream(info.stream.clone()).from(place).to(place)).await?;
        Ok(snapshot.mismatch(event.map(|event| event.hash)).is_some())
    }
}
