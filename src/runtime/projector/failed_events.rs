//! The failed events of a read model during a run, and their changes since the last commit.

use std::collections::HashSet;
use std::error::Error;

use uuid::Uuid;

use crate::event::EventView;
use crate::event::Timestamp;
use crate::runtime::control::OnError;
use crate::runtime::error::RuntimeError;
use crate::store::FailedEvent;
use crate::store::FailedEventChanges;
use crate::store::FailedEventState;

/// Maximum number of parked streams. Beyond it the projection stops, because the fault is not in single events.
pub(super) const MAX_PARKED: usize = 1000;
/// Maximum size of a stored error, in bytes.
const MAX_ERROR_BYTES: usize = 1000;

/// The action for an event.
pub(super) enum EventAction {
    /// Apply it.
    Apply,
    /// Leave it out, as an operator has decided.
    Skip,
    /// Hold it back, because its stream is parked.
    HoldBack,
}

/// The failed events of a run in memory.
#[derive(Debug, Clone, Default)]
pub(in crate::runtime) struct EventFailures {
    /// The event that the run was stopped at.
    pub(in crate::runtime) failing: Option<FailedEvent>,
    /// Number of parked streams.
    pub(in crate::runtime) parked: usize,
    /// Number of quarantined events that were left out.
    pub(in crate::runtime) quarantined: usize,
}

/// The failed events of a read model.
pub(super) struct FailedEvents {
    on_error: OnError,
    failing: Option<FailedEvent>,
    parked: HashSet<String>,
    skipped: HashSet<Uuid>,
    changes: FailedEventChanges,
}

impl FailedEvents {
    /// Starts with the known failed events. `inherited` ones are stored with the first commit.
    pub(super) fn new(on_error: OnError, known: Vec<FailedEvent>, inherited: Vec<FailedEvent>) -> Self {
        let changes = FailedEventChanges { put: inherited.clone(), solved: Vec::new() };
        let mut failed_events = Self { on_error, failing: None, parked: HashSet::new(), skipped: HashSet::new(), changes };
        for problem in known.into_iter().chain(inherited) {
            match problem.state {
                FailedEventState::Failing => failed_events.failing = Some(problem),
                FailedEventState::Parked => drop(failed_events.parked.insert(problem.stream)),
                FailedEventState::Skipped => drop(failed_events.skipped.insert(problem.event_id)),
                // The rows have passed the event.
                FailedEventState::Missing | FailedEventState::Quarantined => {}
            }
        }
        failed_events
    }

    pub(super) fn action(&self, event: &EventView<'_>) -> EventAction {
        // Both sets are nearly always empty.
        if !self.skipped.is_empty() && self.skipped.contains(&event.event_id) {
            return EventAction::Skip;
        }
        if !self.parked.is_empty() && self.parked.contains(event.stream) {
            return EventAction::HoldBack;
        }
        EventAction::Apply
    }

    /// Records that an event was applied or left out. A failed event is then solved.
    pub(super) fn passed(&mut self, event: &EventView<'_>) {
        if let Some(problem) = self.failing.take_if(|problem| problem.event_id == event.event_id)
            && !self.skipped.contains(&problem.event_id)
        {
            self.changes.solved.push(problem.event_id);
        }
    }

    /// Records that an event was left out because it is quarantined.
    pub(super) fn quarantined(&mut self, event: &EventView<'_>, now: Timestamp) {
        self.failing.take_if(|problem| problem.event_id == event.event_id);
        self.changes.put.push(FailedEvent {
            event_id: event.event_id,
            position: event.position,
            stream: event.stream.to_owned(),
            version: event.version,
            event_type: event.event_type.to_owned(),
            error: "event quarantined".into(),
            attempts: 0,
            first_at: now,
            last_at: now,
            state: FailedEventState::Quarantined,
        });
    }

    /// Records that an event failed to apply. Returns true if the projection continues without it.
    pub(super) fn failed(&mut self, event: &EventView<'_>, error: &RuntimeError, now: Timestamp) -> bool {
        let goes_on = self.on_error == OnError::Park && self.parked.len() < MAX_PARKED;
        let state = if goes_on { FailedEventState::Parked } else { FailedEventState::Failing };
        let before = self.failing.take_if(|problem| problem.event_id == event.event_id);
        self.changes.put.push(problem(event, error, before.as_ref(), state, now));
        if goes_on {
            self.parked.insert(event.stream.to_owned());
        }
        goes_on
    }

    /// Returns the event that the run is stopped at.
    pub(super) fn stopped_at(&self) -> Option<&FailedEvent> {
        self.changes.put.iter().find(|problem| problem.state == FailedEventState::Failing)
    }

    /// Returns the failed events of a run in memory.
    pub(super) fn found(&self) -> EventFailures {
        let quarantined = self.changes.put.iter().filter(|problem| problem.state == FailedEventState::Quarantined).count();
        EventFailures { failing: self.stopped_at().cloned(), parked: self.parked.len(), quarantined }
    }

    /// Returns the changes since the last call.
    pub(super) fn changes(&mut self) -> FailedEventChanges {
        std::mem::take(&mut self.changes)
    }

    pub(super) fn changed(&self) -> bool {
        !self.changes.put.is_empty() || !self.changes.solved.is_empty()
    }
}

/// Returns the record of an event that failed to apply. A second failure continues its counts.
pub(super) fn problem(
    event: &EventView<'_>,
    error: &RuntimeError,
    before: Option<&FailedEvent>,
    state: FailedEventState,
    now: Timestamp,
) -> FailedEvent {
    FailedEvent {
        event_id: event.event_id,
        position: event.position,
        stream: event.stream.to_owned(),
        version: event.version,
        event_type: event.event_type.to_owned(),
        error: error_chain(error),
        attempts: before.map_or(0, |before| before.attempts).saturating_add(1),
        first_at: before.map_or(now, |before| before.first_at),
        last_at: now,
        state,
    }
}

/// Returns the error of an event with its causes.
fn error_chain(error: &RuntimeError) -> String {
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
