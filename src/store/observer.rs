//! Observers of the writes through a store: metrics for operators, notices for other processes.
//!
//! A store without observers does not read the clock.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use crate::store::append::AppendRequest;
use crate::store::append::Appended;
use crate::store::append::BackendAppend;
use crate::store::backend::Init;
use crate::store::error::StoreError;

/// An observer of the writes through a store. Its methods are called by the writer, so they must neither wait nor fail.
pub trait Observer: Send + Sync {
    /// Called before an append is sent. [`Observer::appended`] follows unless the caller is cancelled.
    fn appending(&self, _append: &AppendRequest) {}

    /// Called after an append was answered; `took` is the time that the caller waited.
    fn appended(&self, append: &AppendRequest, outcome: &Result<Appended, StoreError>, took: Duration);

    /// Called after a snapshot was stored.
    fn snapshot_kept(&self) {}

    /// Called before another write is sent. [`Observer::written`] follows unless the caller is cancelled.
    fn writing(&self) {}

    /// Called after another write was answered. `Ok(false)` means that there was nothing to change.
    fn written(&self, _outcome: Result<bool, &StoreError>) {}
}

/// The answer to a write other than an append.
pub(crate) trait WriteResult {
    /// Returns true where the write changed something.
    fn has_changed(&self) -> bool;
}

impl WriteResult for () {
    fn has_changed(&self) -> bool {
        true
    }
}

impl WriteResult for bool {
    fn has_changed(&self) -> bool {
        *self
    }
}

impl WriteResult for u64 {
    fn has_changed(&self) -> bool {
        *self > 0
    }
}

impl WriteResult for Vec<String> {
    fn has_changed(&self) -> bool {
        !self.is_empty()
    }
}

impl WriteResult for Init {
    fn has_changed(&self) -> bool {
        *self != Self::Found
    }
}

/// The observers of a store.
#[derive(Clone, Default)]
pub(crate) struct Observers(Vec<Arc<dyn Observer>>);

impl Observers {
    pub(crate) fn add(&mut self, observer: Arc<dyn Observer>) {
        self.0.push(observer);
    }

    /// Announces appends. Returns the time of the announcement; `None` without observers.
    pub(crate) fn begin(&self, appends: &[BackendAppend]) -> Option<Instant> {
        for observer in &self.0 {
            appends.iter().for_each(|append| observer.appending(&append.request));
        }
        (!self.0.is_empty()).then(Instant::now)
    }

    pub(crate) fn appended(&self, begun: Option<Instant>, append: &BackendAppend, outcome: &Result<Appended, StoreError>) {
        let Some(begun) = begun else { return };
        self.0.iter().for_each(|observer| observer.appended(&append.request, outcome, begun.elapsed()));
    }

    pub(crate) fn writing(&self) {
        self.0.iter().for_each(|observer| observer.writing());
    }

    pub(crate) fn written(&self, outcome: &Result<impl WriteResult, StoreError>) {
        let changed = outcome.as_ref().map(WriteResult::has_changed);
        self.0.iter().for_each(|observer| observer.written(changed));
    }

    pub(crate) fn snapshot_kept(&self) {
        self.0.iter().for_each(|observer| observer.snapshot_kept());
    }
}
