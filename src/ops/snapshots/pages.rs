//! Snapshots one after the other, in the order of stream, reducer, version.

use crate::event::StreamName;
use crate::ops::error::OpsError;
use crate::ops::near::must_exist;
use crate::ops::pages::Pages;
use crate::store::SnapshotInfo;
use crate::store::SnapshotQuery;
use crate::store::Store;

/// A listing under way; memory stays flat.
pub struct SnapshotPages(Pages<SnapshotQuery>);

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

    /// The same, where it is known that there is such a stream.
    pub(crate) fn of(store: &Store, stream: Option<StreamName>) -> Self {
        Self(Pages::of(store, SnapshotQuery { stream, ..SnapshotQuery::default() }))
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
        Ok(self.0.next().await?)
    }
}
