//! Snapshots one after the other, in the order of stream, reducer, version.

use std::collections::VecDeque;

use crate::event::StreamName;
use crate::ops::error::OpsError;
use crate::ops::near::must_exist;
use crate::store::SnapshotInfo;
use crate::store::SnapshotQuery;
use crate::store::Store;

/// Snapshots looked up at once.
const PAGE: usize = 500;

/// A listing under way; memory stays flat.
pub struct SnapshotPages {
    store: Store,
    query: SnapshotQuery,
    page: VecDeque<SnapshotInfo>,
    end: bool,
}

impl SnapshotPages {
    /// Begins before the first snapshot of a stream, or of all.
    ///
    /// # Errors
    /// [`OpsError::NotFound`] when there is no such stream, or as the store says.
    pub async fn open(store: &Store, stream: Option<StreamName>) -> Result<Self, OpsError> {
        store.head().await?;
        if let Some(stream) = &stream {
            must_exist(store, stream.clone()).await?;
        }
        Ok(Self::of(store, stream))
    }

    fn of(store: &Store, stream: Option<StreamName>) -> Self {
        let query = SnapshotQuery { stream, after: None, limit: PAGE };
        Self { store: store.clone(), query, page: VecDeque::new(), end: false }
    }

    /// All snapshots of a stream that a reducer made, in the order of their versions.
    pub(crate) async fn all_of(store: &Store, stream: &StreamName, reducer: &str) -> Result<Vec<SnapshotInfo>, OpsError> {
        let mut pages = Self::of(store, Some(stream.clone()));
        let mut found = Vec::new();
        while let Some(info) = pages.next().await? {
            if info.reducer == reducer {
                found.push(info);
            }
        }
        Ok(found)
    }

    /// The next snapshot; none after the last.
    ///
    /// # Errors
    /// As the store says.
    pub async fn next(&mut self) -> Result<Option<SnapshotInfo>, OpsError> {
        if self.page.is_empty() && !self.end {
            self.page = self.store.snapshots(self.query.clone()).await?.into();
            self.end = self.page.len() < PAGE;
            self.query.after = self.page.back().map(|last| (last.stream.to_string(), last.reducer.clone(), last.version));
        }
        Ok(self.page.pop_front())
    }
}
