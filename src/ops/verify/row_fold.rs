//! The fold of a row of a read model, with and without the events that the read model has left out.
//! So a difference that an operator's decision explains can be distinguished from damage.

use serde_json::Value;

use crate::aggregate::Fold;
use crate::aggregate::Projection;
use crate::event::EventView;
use crate::ops::changes::changes;
use crate::ops::verify::comparison::EventRef;
use crate::ops::verify::comparison::StateComparison;
use crate::ops::verify::comparison::compare_text;
use crate::ops::verify::comparison::saved;
use crate::runtime::RuntimeError;
use crate::runtime::apply;
use crate::store::FailedEvent;
use crate::store::FailedEventState;

/// The failed events of a read model, which tell the events that its rows leave out.
pub(crate) struct LeftOutEvents(Vec<FailedEvent>);

impl LeftOutEvents {
    pub(crate) fn of(failed: Vec<FailedEvent>) -> Self {
        Self(failed)
    }

    /// Returns the failed event because of which an event up to the checkpoint is not in its row.
    fn reason(&self, event: &EventView<'_>) -> Option<&FailedEvent> {
        self.0.iter().find(|failed| match failed.state {
            FailedEventState::Skipped | FailedEventState::Missing | FailedEventState::Failing => {
                failed.event_id == event.event_id
            }
            // Both rows leave out an event that is still quarantined. After a release the row must be rebuilt.
            FailedEventState::Quarantined => failed.event_id == event.event_id && !event.quarantined,
            FailedEventState::Parked => failed.stream == event.stream && failed.version <= event.version,
        })
    }
}

/// A row that is folded with and without the events that were left out.
pub(crate) struct RowFold {
    /// The fold of all events that can be applied.
    all: Box<dyn Fold>,
    /// The fold of the events that were not left out; none before the first event that was.
    applied: Option<Box<dyn Fold>>,
    /// The first event that was left out, and the reason.
    left_out: Option<(EventRef, String)>,
    /// The number of events in each fold.
    events: (u64, u64),
}

impl RowFold {
    pub(crate) fn new(row: Box<dyn Fold>) -> Self {
        Self { all: row, applied: None, left_out: None, events: (0, 0) }
    }

    /// Returns true if the row has no events.
    pub(crate) fn is_empty(&self) -> bool {
        self.events == (0, 0) && self.left_out.is_none()
    }

    /// Applies the next event. `projection` and `key` make the second row at the first event that was left out.
    pub(crate) fn apply(
        &mut self,
        projection: &dyn Projection,
        key: &str,
        event: &EventView<'_>,
        left_out: &LeftOutEvents,
    ) -> Result<(), RuntimeError> {
        // A quarantined event makes no row.
        if event.quarantined && self.is_empty() {
            return Ok(());
        }
        let Some(failed) = left_out.reason(event) else {
            if let Some(applied) = &mut self.applied {
                apply(&mut **applied, event)?;
            }
            apply(&mut *self.all, event)?;
            let counted = u64::from(!event.quarantined);
            self.events = (self.events.0 + counted, self.events.1 + counted);
            return Ok(());
        };
        if self.left_out.is_none() {
            let mut applied = projection.row(key);
            if self.events.0 > 0 {
                let before = self.all.save().map_err(RuntimeError::State)?;
                applied.restore(&before).map_err(RuntimeError::State)?;
            }
            (self.applied, self.left_out) = (Some(applied), Some((EventRef::of(event), reason_text(failed))));
        }
        // An event that fails to apply changes nothing.
        self.events.0 += u64::from(apply(&mut *self.all, event).is_ok());
        Ok(())
    }

    /// Compares the row with the kept one.
    pub(crate) fn compare(&self, kept: Option<&str>) -> Result<StateComparison, RuntimeError> {
        let Some(kept) = kept else { return self.compare_missing() };
        if self.is_empty() {
            return Ok(StateComparison::of_whole("the row has no events", None, Some(kept.into())));
        }
        let compared = compare_text(&*self.all, kept)?;
        Ok(match (compared, &self.left_out) {
            (StateComparison::Different { changes, .. }, Some((event, reason))) if self.equals_applied(kept)? => {
                StateComparison::Different { reason: reason.clone(), changes, event: Some(event.clone()) }
            }
            (compared, _) => compared,
        })
    }

    fn compare_missing(&self) -> Result<StateComparison, RuntimeError> {
        let (all, applied) = self.events;
        if all == 0 {
            return Ok(StateComparison::Equal);
        }
        let missing = StateComparison::of_whole("the row is missing", Some(saved(&*self.all)?), None);
        Ok(match (missing, &self.left_out) {
            (StateComparison::Different { changes, .. }, Some((event, reason))) if applied == 0 => {
                StateComparison::Different { reason: reason.clone(), changes, event: Some(event.clone()) }
            }
            (missing, _) => missing,
        })
    }

    /// Returns true if a row equals the fold of the events that were not left out.
    fn equals_applied(&self, kept: &str) -> Result<bool, RuntimeError> {
        let Some(applied) = &self.applied else { return Ok(false) };
        let found: Value = serde_json::from_str(kept).unwrap_or_default();
        Ok(changes(&saved(&**applied)?, &found).is_empty())
    }
}

fn reason_text(failed: &FailedEvent) -> String {
    let position = failed.position;
    match failed.state {
        FailedEventState::Skipped => format!("event {position} was skipped by an operator"),
        FailedEventState::Missing => format!("event {position} was skipped and the skip was reverted; a rebuild applies it"),
        FailedEventState::Parked => format!("the stream {} is parked at event {position}", failed.stream),
        FailedEventState::Failing => format!("the projection is stopped at event {position}, which failed to apply"),
        FailedEventState::Quarantined => format!("event {position} was quarantined and released; a rebuild applies it"),
    }
}
