//! A row of a read model as its events make it, beside the row as the read model was to have it: without the events that it
//! has left out. So a difference that an operator's word explains is told from one that nothing explains.

use serde_json::Value;

use crate::aggregate::Fold;
use crate::aggregate::Projection;
use crate::event::EventView;
use crate::ops::changes::changes;
use crate::ops::error::OpsError;
use crate::ops::rebuild::EventRef;
use crate::ops::rebuild::Verdict;
use crate::ops::rebuild::compare_text;
use crate::ops::rebuild::differing;
use crate::ops::rebuild::saved;
use crate::runtime::RuntimeError;
use crate::runtime::apply;
use crate::store::Problem;
use crate::store::ProblemState;

/// The events that a read model has left out, by its problems.
pub(crate) struct LeftOut(Vec<Problem>);

impl LeftOut {
    pub(crate) fn of(problems: Vec<Problem>) -> Self {
        Self(problems)
    }

    /// The problem because of which an event up to the checkpoint is not in its row.
    fn why(&self, event: &EventView<'_>) -> Option<&Problem> {
        self.0.iter().find(|problem| match problem.state {
            ProblemState::Skipped | ProblemState::Missing | ProblemState::Failing => problem.event_id == event.event_id,
            // The event is quarantined still, and both rows leave it out; or it is not, and the row must be built anew.
            ProblemState::Quarantined => problem.event_id == event.event_id && !event.quarantined,
            ProblemState::Parked => problem.stream == event.stream && problem.version <= event.version,
        })
    }
}

/// A row that is folded both ways.
pub(crate) struct RowFold {
    /// Of all events that can be taken in.
    all: Box<dyn Fold>,
    /// Of those that were not left out, from the first one on that was.
    taken_in: Option<Box<dyn Fold>>,
    /// The first event that was left out, and why.
    left_out: Option<(EventRef, String)>,
    /// How many events are in each.
    events: (u64, u64),
}

impl RowFold {
    pub(crate) fn new(row: Box<dyn Fold>) -> Self {
        Self { all: row, taken_in: None, left_out: None, events: (0, 0) }
    }

    /// Whether no event went to it.
    pub(crate) fn is_empty(&self) -> bool {
        self.events == (0, 0) && self.left_out.is_none()
    }

    /// Takes in the next event; `projection` and `key` make a second row where they part.
    pub(crate) fn apply(
        &mut self,
        projection: &dyn Projection,
        key: &str,
        event: &EventView<'_>,
        left_out: &LeftOut,
    ) -> Result<(), RuntimeError> {
        // An event that is left out makes no row.
        if event.quarantined && self.is_empty() {
            return Ok(());
        }
        let Some(problem) = left_out.why(event) else {
            if let Some(taken_in) = &mut self.taken_in {
                apply(&mut **taken_in, event)?;
            }
            apply(&mut *self.all, event)?;
            let taken_in = u64::from(!event.quarantined);
            self.events = (self.events.0 + taken_in, self.events.1 + taken_in);
            return Ok(());
        };
        if self.left_out.is_none() {
            let mut taken_in = projection.row(key);
            if self.events.0 > 0 {
                let before = self.all.save().map_err(RuntimeError::State)?;
                taken_in.restore(&before).map_err(RuntimeError::State)?;
            }
            (self.taken_in, self.left_out) = (Some(taken_in), Some((EventRef::of(event), in_words(problem))));
        }
        // What cannot be taken in makes nothing.
        self.events.0 += u64::from(apply(&mut *self.all, event).is_ok());
        Ok(())
    }

    /// What a row that is kept is worth.
    pub(crate) fn verdict(&self, kept: Option<&str>) -> Result<Verdict, OpsError> {
        let Some(kept) = kept else { return self.missing() };
        if self.is_empty() {
            let changes = vec![differing("", None, Some(kept.into()))];
            return Ok(Verdict::Differs { reason: "the row is of no event".into(), changes, event: None });
        }
        let verdict = compare_text(&*self.all, kept)?;
        Ok(match (verdict, &self.left_out) {
            (Verdict::Differs { changes, .. }, Some((event, reason))) if self.is_without(kept)? => {
                Verdict::Differs { reason: reason.clone(), changes, event: Some(event.clone()) }
            }
            (verdict, _) => verdict,
        })
    }

    fn missing(&self) -> Result<Verdict, OpsError> {
        let (all, taken_in) = self.events;
        if all == 0 {
            return Ok(Verdict::Fits);
        }
        let changes = vec![differing("", Some(saved(&*self.all)?), None)];
        Ok(match &self.left_out {
            Some((event, reason)) if taken_in == 0 => {
                Verdict::Differs { reason: reason.clone(), changes, event: Some(event.clone()) }
            }
            _ => Verdict::Differs { reason: "the row is missing".into(), changes, event: None },
        })
    }

    /// Whether a row is what the events make that were not left out.
    fn is_without(&self, kept: &str) -> Result<bool, OpsError> {
        let Some(taken_in) = &self.taken_in else { return Ok(false) };
        let found: Value = serde_json::from_str(kept).unwrap_or_default();
        Ok(changes(&saved(&**taken_in)?, &found).is_empty())
    }
}

fn in_words(problem: &Problem) -> String {
    let position = problem.position;
    match problem.state {
        ProblemState::Skipped => format!("event {position} was skipped by word"),
        ProblemState::Missing => format!("event {position} was skipped, and that was taken back: a rebuild takes it in"),
        ProblemState::Parked => format!("the stream {} is parked at event {position}", problem.stream),
        ProblemState::Failing => format!("it stands before event {position}"),
        ProblemState::Quarantined => format!("event {position} was quarantined, and was released: a rebuild applies it"),
    }
}
