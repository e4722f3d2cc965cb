//! Thinning out: only the newest snapshots of each stream and reducer stay.

use std::collections::VecDeque;

use crate::ops::error::OpsError;
use crate::ops::snapshots::pages::SnapshotPages;
use crate::store::SnapshotInfo;
use crate::store::Store;

/// Finds the snapshots that can go; memory stays flat.
pub struct Prune {
    pages: SnapshotPages,
    keep: usize,
    /// The newest so far of the stream and reducer that is looked at.
    newest: VecDeque<SnapshotInfo>,
}

impl Prune {
    /// Begins before the first snapshot; the newest `keep` of each stream and reducer stay.
    ///
    /// # Errors
    /// As the store says.
    pub async fn open(store: &Store, keep: usize) -> Result<Self, OpsError> {
        Ok(Self { pages: SnapshotPages::open(store, None).await?, keep, newest: VecDeque::new() })
    }

    /// The next snapshot that can go; none after the last.
    ///
    /// # Errors
    /// As the store says.
    pub async fn next(&mut self) -> Result<Option<SnapshotInfo>, OpsError> {
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
