//! Reads from a store: answered within the timeout, and by the store that this process knows.

use std::sync::Arc;
use std::time::Duration;

use crate::store::answer::Answer;
use crate::store::backend::EventLog;
use crate::store::deadline::within;
use crate::store::error::StoreError;
use crate::store::identity::Identity;

/// The part of a store that reads need. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) log: Arc<dyn EventLog>,
    /// The location for display, without secrets.
    pub(crate) place: Arc<str>,
    pub(crate) identity: Arc<Identity>,
    pub(crate) timeout: Duration,
}

impl Reader {
    /// Awaits an answer to a read.
    ///
    /// # Errors
    /// [`StoreError::Replaced`] when the store was found to be replaced; [`StoreError::Unavailable`] when the timeout passes.
    pub(crate) async fn ask<T>(&self, answer: Answer<T>) -> Result<T, StoreError> {
        self.identity.check()?;
        self.within(answer).await.inspect_err(|error| self.identity.note_error(error))
    }

    /// Awaits an answer until the timeout passes.
    pub(crate) async fn within<T>(&self, answer: Answer<T>) -> Result<T, StoreError> {
        within(&self.place, self.timeout, answer).await
    }
}
