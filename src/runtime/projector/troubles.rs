//! The events that a read model cannot take in, as a run knows them, and what has changed about them since its last commit.

use std::collections::HashSet;
use std::error::Error;

use uuid::Uuid;

use crate::event::EventView;
use crate::event::Timestamp;
use crate::runtime::control::OnError;
use crate::runtime::error::RuntimeError;
use crate::store::Problem;
use crate::store::ProblemChanges;
use crate::store::ProblemState;

/// With more streams parked than this it is not the events that are wrong: the projection stops.
pub(super) const MAX_PARKED: usize = 1000;
/// Bytes of an error that are kept.
const MAX_ERROR_BYTES: usize = 1000;

/// What to do with an event.
pub(super) enum Verdict {
    /// Take it in.
    Apply,
    /// Leave it out: an operator said so.
    Skip,
    /// Leave it for later: its stream is parked.
    HoldBack,
}

/// The problems that a run in memory has met.
#[derive(Debug, Clone, Default)]
pub(in crate::runtime) struct FoundProblems {
    /// The event that the run was stopped at.
    pub(in crate::runtime) failing: Option<Problem>,
    /// Number of parked streams.
    pub(in crate::runtime) parked: usize,
    /// Number of quarantined events that were left out.
    pub(in crate::runtime) quarantined: usize,
}

/// The problems of a read model.
pub(super) struct Troubles {
    on_error: OnError,
    failing: Option<Problem>,
    parked: HashSet<String>,
    skipped: HashSet<Uuid>,
    changes: ProblemChanges,
}

impl Troubles {
    /// Those that are known; `inherited` ones are put with the first commit.
    pub(super) fn new(on_error: OnError, known: Vec<Problem>, inherited: Vec<Problem>) -> Self {
        let changes = ProblemChanges { put: inherited.clone(), solved: Vec::new() };
        let mut troubles = Self { on_error, failing: None, parked: HashSet::new(), skipped: HashSet::new(), changes };
        for problem in known.into_iter().chain(inherited) {
            match problem.state {
                ProblemState::Failing => troubles.failing = Some(problem),
                ProblemState::Parked => drop(troubles.parked.insert(problem.stream)),
                ProblemState::Skipped => drop(troubles.skipped.insert(problem.event_id)),
                // The rows have gone past it.
                ProblemState::Missing | ProblemState::Quarantined => {}
            }
        }
        troubles
    }

    pub(super) fn verdict(&self, event: &EventView<'_>) -> Verdict {
        // Nearly always there are none.
        if !self.skipped.is_empty() && self.skipped.contains(&event.event_id) {
            return Verdict::Skip;
        }
        if !self.parked.is_empty() && self.parked.contains(event.stream) {
            return Verdict::HoldBack;
        }
        Verdict::Apply
    }

    /// An event was taken in, or left out: if it was the one that failed before, it is a problem no more.
    pub(super) fn passed(&mut self, event: &EventView<'_>) {
        if let Some(problem) = self.failing.take_if(|problem| problem.event_id == event.event_id)
            && !self.skipped.contains(&problem.event_id)
        {
            self.changes.solved.push(problem.event_id);
        }
    }

    /// Notes that an event was left out because it is quarantined.
    pub(super) fn quarantined(&mut self, event: &EventView<'_>, now: Timestamp) {
        self.failing.take_if(|problem| problem.event_id == event.event_id);
        self.changes.put.push(Problem {
            event_id: event.event_id,
            position: event.position,
            stream: event.stream.to_owned(),
            version: event.version,
            event_type: event.event_type.to_owned(),
            error: "the event is quarantined".into(),
            attempts: 0,
            first_at: now,
            last_at: now,
            state: ProblemState::Quarantined,
        });
    }

    /// An event cannot be taken in; whether the projection goes on without it.
    pub(super) fn failed(&mut self, event: &EventView<'_>, error: &RuntimeError, now: Timestamp) -> bool {
        let goes_on = self.on_error == OnError::Park && self.parked.len() < MAX_PARKED;
        let state = if goes_on { ProblemState::Parked } else { ProblemState::Failing };
        let before = self.failing.take_if(|problem| problem.event_id == event.event_id);
        self.changes.put.push(problem(event, error, before.as_ref(), state, now));
        if goes_on {
            self.parked.insert(event.stream.to_owned());
        }
        goes_on
    }

    /// The event that the run has ended before.
    pub(super) fn stands_before(&self) -> Option<&Problem> {
        self.changes.put.iter().find(|problem| problem.state == ProblemState::Failing)
    }

    /// Returns the problems that a run has met, for an answer that is not kept.
    pub(super) fn found(&self) -> FoundProblems {
        let quarantined = self.changes.put.iter().filter(|problem| problem.state == ProblemState::Quarantined).count();
        FoundProblems { failing: self.stands_before().cloned(), parked: self.parked.len(), quarantined }
    }

    /// What has changed since the last time.
    pub(super) fn changes(&mut self) -> ProblemChanges {
        std::mem::take(&mut self.changes)
    }

    pub(super) fn changed(&self) -> bool {
        !self.changes.put.is_empty() || !self.changes.solved.is_empty()
    }
}

/// An event that cannot be taken in, once more if it was a problem before.
pub(super) fn problem(
    event: &EventView<'_>,
    error: &RuntimeError,
    before: Option<&Problem>,
    state: ProblemState,
    now: Timestamp,
) -> Problem {
    Problem {
        event_id: event.event_id,
        position: event.position,
        stream: event.stream.to_owned(),
        version: event.version,
        event_type: event.event_type.to_owned(),
        error: in_full(error),
        attempts: before.map_or(0, |before| before.attempts).saturating_add(1),
        first_at: before.map_or(now, |before| before.first_at),
        last_at: now,
        state,
    }
}

/// What is wrong with the event, with its causes. Which event it is, the problem says.
fn in_full(error: &RuntimeError) -> String {
    let mut parts = Vec::new();
    let mut next: Option<&dyn Error> = match error {
        RuntimeError::Fold { source, .. } => Some(source),
        other => Some(other),
    };
    while let Some(error) = next {
        parts.push(error.to_string());
        next = error.source();
    }
    let mut text = parts.join(": ");
    if text.len() > MAX_ERROR_BYTES {
        text.truncate(text.floor_char_boundary(MAX_ERROR_BYTES));
        text.push('…');
    }
    text
}
