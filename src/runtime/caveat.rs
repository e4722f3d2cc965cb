//! The caveats of the answers of read models.

use crate::event::Timestamp;
use crate::runtime::control::Control;
use crate::runtime::control::Paused;
use crate::runtime::error::RuntimeError;
use crate::store::Problem;
use crate::store::ProblemState;
use crate::store::ReadModel;
use crate::store::Store;

/// A reason why the answer of a read model is not all that the events make, or is not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caveat {
    /// The read model cannot be brought up to date, for this reason: what came later was worked out in memory.
    InMemory(String),
    /// Somebody has paused it.
    Paused(Paused),
    /// It stands before an event that it cannot take in.
    Stopped(Problem),
    /// It goes on, but for so many streams, which are parked: their rows lack events.
    Parked(usize),
    /// Events that were skipped, quarantined or released after the rows went past them: a rebuild is needed.
    Missing(usize),
    /// It leaves out this number of quarantined events.
    Quarantined(usize),
    /// An application maintains the read model: this program shows its rows, and cannot bring it up to date.
    MaintainedByApplication,
    /// The read model was not brought up to date for this answer, and lacks this number of positions.
    Behind(u64),
}

impl Caveat {
    /// Returns the stable name of its kind, in snake_case.
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

/// What is kept of a read model that does not go on by itself.
pub(super) struct Kept {
    pub(super) paused: Option<Paused>,
    pub(super) failing: Option<Problem>,
    pub(super) parked: usize,
    pub(super) missing: usize,
    pub(super) quarantined: usize,
}

impl Kept {
    pub(super) async fn load(store: &Store, name: &str, now: Timestamp) -> Result<Self, RuntimeError> {
        let paused = Control::load(store, name, now).await?.paused;
        let problems = store.problems(ReadModel::live(name)).await?;
        let count = |state| problems.iter().filter(|problem| problem.state == state).count();
        let (parked, missing) = (count(ProblemState::Parked), count(ProblemState::Missing));
        let quarantined = count(ProblemState::Quarantined);
        let failing = problems.into_iter().find(|problem| problem.state == ProblemState::Failing);
        Ok(Self { paused, failing, parked, missing, quarantined })
    }

    /// Whether it does not move at all.
    pub(super) fn stands(&self) -> bool {
        self.paused.is_some() || self.failing.is_some()
    }

    pub(super) fn caveats(self) -> Vec<Caveat> {
        let Self { paused, failing, parked, missing, quarantined } = self;
        // While it is paused, nobody tries.
        let failing = failing.filter(|_| paused.is_none());
        let mut found: Vec<_> = paused.map(Caveat::Paused).into_iter().collect();
        found.extend(failing.map(Caveat::Stopped));
        found.extend((parked > 0).then_some(Caveat::Parked(parked)));
        found.extend((missing > 0).then_some(Caveat::Missing(missing)));
        found.extend((quarantined > 0).then_some(Caveat::Quarantined(quarantined)));
        found
    }
}
