//! Iteration over snapshots, in the order of stream, reducer and version.

use crate::event::StreamName;
use crate::ops::error::OpsError;
use crate::ops::not_found::must_exist;
use crate::ops::pages::Pages;
use crate::store::SnapshotInfo;
use crate::store::SnapshotQuery;
use crate::store::Store;

/// An iteration in progress, in constant memory.
pub struct SnapshotPages(Pages<SnapshotQuery>);

impl SnapshotPages {
    /// Begins before the first snapshot of a stream, or of all streams.
    ///
    /// # Errors
    /// [`OpsError::NotFound`] when there is no such stream.
    pub async fn open(store: &Store, stream: Option<StreamName>) -> Result<Self, OpsError> {
        store.head().await?;
        if let Some(stream) = &stream {
            must_exist(store, stream.clone()).await?;
        }
        Ok(Self::of(store, stream))
    }

    /// Begins without a check that the stream exists.
    pub(crate) fn of(store: &Store, stream: Option<StreamName>) -> Self {
        Self(Pages::of(store, SnapshotQuery { stream, ..SnapshotQuery::default() }))
    }

    /// Returns all snapshots of a stream and reducer, in the order of their versions.
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

    /// Returns the next snapshot; none after the last.
    pub async fn next(&mut self) -> Result<Option<SnapshotInfo>, OpsError> {
        Ok(self.0.next().await?)
    }
}
