//! Who is told of what is written through a store: numbers for operators, news for other processes.
//!
//! A store without observers does not even look at the clock.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use crate::store::append::AppendRequest;
use crate::store::append::Appended;
use crate::store::append::BackendAppend;
use crate::store::backend::Init;
use crate::store::error::StoreError;

/// Is told of what is written. Called on the writer's way, so it must neither wait nor fail.
pub trait Observer: Send + Sync {
    /// An append is about to be sent. It is answered, unless its caller goes away.
    fn appending(&self, _append: &AppendRequest) {}

    /// An append was answered; `took` is how long its caller waited.
    fn appended(&self, append: &AppendRequest, outcome: &Result<Appended, StoreError>, took: Duration);

    /// A snapshot was kept.
    fn snapshot_kept(&self) {}

    /// A write that is no append is about to be sent. It is answered, unless its caller goes away.
    fn writing(&self) {}

    /// Such a write was answered. `Ok(false)` means that there was nothing to change.
    fn written(&self, _outcome: Result<bool, &StoreError>) {}
}

/// The answer to a write that is no append.
pub(super) trait Change {
    /// Returns true where the write changed something.
    fn has_changed(&self) -> bool;
}

impl Change for () {
    fn has_changed(&self) -> bool {
        true
    }
}

impl Change for bool {
    fn has_changed(&self) -> bool {
        *self
    }
}

impl Change for u64 {
    fn has_changed(&self) -> bool {
        *self > 0
    }
}

impl Change for Vec<String> {
    fn has_changed(&self) -> bool {
        !self.is_empty()
    }
}

impl Change for Init {
    fn has_changed(&self) -> bool {
        *self != Self::Found
    }
}

/// Everybody who is told.
#[derive(Clone, Default)]
pub(super) struct Observers(Vec<Arc<dyn Observer>>);

impl Observers {
    pub(super) fn add(&mut self, observer: Arc<dyn Observer>) {
        self.0.push(observer);
    }

    /// When appends begin, of which observers are told; `None` where there are none.
    pub(super) fn begin(&self, appends: &[BackendAppend]) -> Option<Instant> {
        for observer in &self.0 {
            appends.iter().for_each(|append| observer.appending(&append.request));
        }
        (!self.0.is_empty()).then(Instant::now)
    }

    pub(super) fn appended(&self, begun: Option<Instant>, append: &BackendAppend, outcome: &Result<Appended, StoreError>) {
        let Some(begun) = begun else { return };
        self.0.iter().for_each(|observer| observer.appended(&append.request, outcome, begun.elapsed()));
    }

    pub(super) fn writing(&self) {
        self.0.iter().for_each(|observer| observer.writing());
    }

    pub(super) fn written(&self, outcome: &Result<impl Change, StoreError>) {
        let changed = outcome.as_ref().map(Change::has_changed);
        self.0.iter().for_each(|observer| observer.written(changed));
    }

    pub(super) fn snapshot_kept(&self) {
        self.0.iter().for_each(|observer| observer.snapshot_kept());
    }
}
