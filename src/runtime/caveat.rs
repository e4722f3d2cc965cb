//! Caveats: warnings that qualify the answer of a read model.

use crate::event::Timestamp;
use crate::runtime::control::Control;
use crate::runtime::control::Paused;
use crate::runtime::error::RuntimeError;
use crate::store::FailedEvent;
use crate::store::FailedEventState;
use crate::store::ReadModel;
use crate::store::Store;

/// A warning that qualifies the answer of a read model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caveat {
    /// Later events were applied in memory only, because the read model could not be written for this reason.
    InMemory(String),
    /// The projection is paused.
    Paused(Paused),
    /// The projection is stopped at an event that failed to apply.
    Stopped(FailedEvent),
    /// This number of streams is parked. Their rows lack events.
    Parked(usize),
    /// This number of events was released or quarantined after the rows had passed them. A rebuild is needed.
    Missing(usize),
    /// The rows leave out this number of quarantined events.
    Quarantined(usize),
    /// An application maintains the read model. This program cannot bring it up to date.
    MaintainedByApplication,
    /// The read model was not brought up to date for this answer, and is behind by this number of positions.
    Behind(u64),
}

impl Caveat {
    /// Returns the stable code, in snake_case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InMemory(_) => "from_memory",
            Self::Paused(_) => "paused",
            Self::Stopped(_) => "stopped",
            Self::Parked(_) => "parked",
            Self::Missing(_) => "missing",
            Self::Quarantined(_) => "quarantined",
            Self::MaintainedByApplication => "maintained_by_application",
            Self::Behind(_) => "behind",
        }
    }
}

/// The stored conditions that limit a read model.
pub(super) struct Limitations {
    pub(super) paused: Option<Paused>,
    pub(super) failing: Option<FailedEvent>,
    pub(super) parked: usize,
    pub(super) missing: usize,
    pub(super) quarantined: usize,
}

impl Limitations {
    pub(super) async fn load(store: &Store, name: &str, now: Timestamp) -> Result<Self, RuntimeError> {
        let paused = Control::load(store, name, now).await?.paused;
        let problems = store.failed_events(ReadModel::live(name)).await?;
        let count = |state| problems.iter().filter(|problem| problem.state == state).count();
        let (parked, missing) = (count(FailedEventState::Parked), count(FailedEventState::Missing));
        let quarantined = count(FailedEventState::Quarantined);
        let failing = problems.into_iter().find(|problem| problem.state == FailedEventState::Failing);
        Ok(Self { paused, failing, parked, missing, quarantined })
    }

    /// Returns true if the read model does not advance: it is paused or stopped.
    pub(super) fn is_halted(&self) -> bool {
        self.paused.is_some() || self.failing.is_some()
    }

    pub(super) fn caveats(self) -> Vec<Caveat> {
        let Self { paused, failing, parked, missing, quarantined } = self;
        // A paused projection does not retry the event.
        let failing = failing.filter(|_| paused.is_none());
        let mut found: Vec<_> = paused.map(Caveat::Paused).into_iter().collect();
        found.extend(failing.map(Caveat::Stopped));
        found.extend((parked > 0).then_some(Caveat::Parked(parked)));
        found.extend((missing > 0).then_some(Caveat::Missing(missing)));
        found.extend((quarantined > 0).then_some(Caveat::Quarantined(quarantined)));
        found
    }
}
