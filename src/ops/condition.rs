//! A condition in jq on events or states.

use serde_json::Value;

use crate::aggregate::FoldError;
use crate::aggregate::JqEvent;
use crate::event::EventView;
use crate::jq::JqProgram;
use crate::jq::from_json;
use crate::ops::error::OpsError;

/// A condition. It holds if the program gives a value that is neither `false` nor `null`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition(pub JqProgram);

impl Condition {
    /// Returns true if the condition holds for an event, as JSON.
    ///
    /// # Errors
    /// [`OpsError::Condition`] when the program fails. A failure does not count as false.
    pub fn of_event(&self, event: &EventView<'_>) -> Result<bool, OpsError> {
        let holds = JqEvent::read(event).and_then(|input| self.0.holds_of(&input).map_err(|error| input.failed(error)));
        holds.map_err(|source| cannot_tell(event, source))
    }

    /// Returns true if the condition holds for the state after an event.
    ///
    /// # Errors
    /// [`OpsError::Condition`] when the program fails.
    pub fn of_state(&self, state: &Value, event: &EventView<'_>) -> Result<bool, OpsError> {
        // A state is JSON, so jq can read it.
        let input = from_json(state).map_err(|error| FoldError::Reducer(error.to_string()));
        let holds = input.and_then(|input| Ok(self.0.holds(input)?));
        holds.map_err(|source| cannot_tell(event, source))
    }
}

fn cannot_tell(event: &EventView<'_>, source: FoldError) -> OpsError {
    OpsError::Condition { stream: event.stream.to_owned(), version: event.version, position: event.position, source }
}
