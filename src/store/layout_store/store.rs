//! The backend of a store that another program wrote.

use std::future::ready;
use std::sync::Arc;

use crate::store::answer::Answer;
use crate::store::error::StoreError;
use crate::store::layout_store::opening::Opening;

/// A store that another program wrote, read with a layout.
pub(super) struct LayoutStore {
    pub(super) opening: Arc<Opening>,
}

impl LayoutStore {
    pub(super) fn new(opening: Opening) -> Self {
        Self { opening: Arc::new(opening) }
    }

    pub(super) fn reading<T: Send + 'static, W>(&self, job: impl FnOnce(Arc<Opening>) -> W) -> Answer<T>
    where
        W: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let answer = job(Arc::clone(&self.opening));
        Box::pin(async move { answer.await.map_err(StoreError::of_foreign) })
    }

    /// Returns the answer to a request that only a store of esctl has.
    pub(super) fn refuse<T: Send + 'static>(&self) -> Answer<T> {
        Box::pin(ready(Err(StoreError::ReadOnly(format!(
            "{} is read with a layout: it cannot be written, and has no read models and snapshots of esctl",
            self.opening.database.place()
        )))))
    }
}
