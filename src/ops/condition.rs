//! A condition that somebody wrote in jq, asked of events or of states.

use serde_json::Value;

use crate::aggregate::FoldError;
use crate::aggregate::jq_event;
use crate::event::EventView;
use crate::jq::Program;
use crate::jq::from_json;
use crate::ops::error::OpsError;

/// A condition. It holds where the program gives a value that is neither `false` nor `null`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition(pub Program);

impl Condition {
    /// Whether it holds for an event, as its JSON.
    ///
    /// # Errors
    /// [`OpsError::Condition`], which names the event: what cannot be told is not a no.
    pub fn of_event(&self, event: &EventView<'_>) -> Result<bool, OpsError> {
        let holds = jq_event(event).and_then(|input| Ok(self.0.holds(input)?));
        holds.map_err(|source| cannot_tell(event, source))
    }

    /// Whether it holds for the state after an event.
    ///
    /// # Errors
    /// [`OpsError::Condition`], which names the event.
    pub fn of_state(&self, state: &Value, event: &EventView<'_>) -> Result<bool, OpsError> {
        // A state is JSON, so it can be read.
        let input = from_json(state).map_err(|error| FoldError::Reducer(error.to_string()));
        let holds = input.and_then(|input| Ok(self.0.holds(input)?));
        holds.map_err(|source| cannot_tell(event, source))
    }
}

fn cannot_tell(event: &EventView<'_>, source: FoldError) -> OpsError {
    OpsError::Condition { stream: event.stream.to_owned(), version: event.version, position: event.position, source }
}
