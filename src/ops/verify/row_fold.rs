//! The fold of a row of a read model, with and without the events that the read model has left out.
//! So a difference that an operator's decision explains can be distinguished from damage.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

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
pub(crate) struct LeftOutEvents {
    failed: Vec<FailedEvent>,
    /// The failed events by their ids, and by the streams that are parked at them.
    events: HashMap<Uuid, usize>,
    parked: HashMap<String, usize>,
}

impl LeftOutEvents {
    pub(crate) fn of(failed: Vec<FailedEvent>) -> Self {
        let (mut events, mut parked) = (HashMap::new(), HashMap::new());
        for (number, event) in failed.iter().enumerate() {
            if event.state != FailedEventState::Parked {
                events.insert(event.event_id, number);
                continue;
            }
            let first: &mut usize = parked.entry(event.stream.clone()).or_insert(number);
            if event.version < failed[*first].version {
                *first = number;
            }
        }
        Self { failed, events, parked }
    }

    /// Returns the failed event because of which an event up to the checkpoint is not in its row.
    pub(super) fn reason(&self, event: &EventView<'_>) -> Option<&FailedEvent> {
        let parked = self.parked.get(event.stream).map(|number| &self.failed[*number]);
        let parked = parked.filter(|failed| failed.version <= event.version);
        // Both rows leave out an event that is still quarantined. After a release the row must be rebuilt.
        let applies = |failed: &&FailedEvent| failed.state != FailedEventState::Quarantined || !event.quarantined;
        parked.or_else(|| self.events.get(&event.event_id).map(|number| &self.failed[*number]).filter(applies))
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

    /// Returns true if events were left out of the row, and a kept row is as the others make it.
    pub(super) fn is_without_left_out(&self, kept: Option<&str>) -> Result<bool, RuntimeError> {
        match (&self.applied, kept) {
            (None, _) => Ok(false),
            (Some(_), None) => Ok(self.events.1 == 0),
            (Some(_), Some(kept)) => self.equals_applied(kept),
        }
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
