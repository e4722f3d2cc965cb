//! The store of a running scenario, with its buses and clock.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::event::Timestamp;
use crate::runtime::Clock;
use crate::runtime::CommandBus;
use crate::runtime::QueryBus;
use crate::store::Store;

/// A clock that only a scenario changes.
#[derive(Debug, Clone)]
pub(super) struct FixedClock(Arc<AtomicI64>);

impl FixedClock {
    pub(super) fn at(moment: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(moment.micros())))
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_micros_saturating(self.0.load(Ordering::SeqCst))
    }

    pub(super) fn set(&self, moment: Timestamp) {
        self.0.store(moment.micros(), Ordering::SeqCst);
    }

    pub(super) fn advance(&self, duration: Duration) {
        self.set(self.now().plus(duration));
    }

    pub(super) fn as_clock(&self) -> Clock {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}

/// The store of a running scenario, with its buses and clock.
pub(super) struct Environment {
    pub(super) store: Store,
    pub(super) commands: CommandBus,
    pub(super) queries: QueryBus,
    pub(super) clock: FixedClock,
}

impl Environment {
    /// Returns the time of the clock.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
