//! A reducer of a jq program from `{"state", "event"}` to the next state.

use std::sync::OnceLock;

use serde_json::Value;

use crate::aggregate::fold::Fold;
use crate::aggregate::fold::FoldVersion;
use crate::aggregate::fold_error::FoldError;
use crate::aggregate::jq_event::JqEvent;
use crate::event::EventView;
use crate::event::Timestamp;
use crate::jq::JqError;
use crate::jq::JqProgram;
use crate::jq::JqValue;
use crate::jq::Lazy;
use crate::jq::LazyObject;
use crate::jq::from_text;
use crate::jq::is_object;
use crate::jq::made_once;
use crate::jq::object;
use crate::jq::to_json;
use crate::jq::to_text;

/// The prefix in the name of a fold by a program. The hash of the program follows.
pub const JQ_REDUCER: &str = "jq:";

/// Returns the fold of a program. The state before the first event is `null`.
pub fn jq_reducer(program: &JqProgram) -> Box<dyn Fold> {
    Box::new(JqFold { program: program.clone(), state: JqValue::Null, objects_only: false })
}

/// Returns the fold of a program whose states must be objects, for rows of a read model.
pub fn jq_row(program: &JqProgram) -> Box<dyn Fold> {
    Box::new(JqFold { program: program.clone(), state: JqValue::Null, objects_only: true })
}

struct JqFold {
    program: JqProgram,
    state: JqValue,
    objects_only: bool,
}

/// The input of a reducer: `{"state", "event"}`.
struct ReducerInput<'i> {
    state: &'i JqValue,
    event: &'i JqEvent<'i>,
    whole: OnceLock<JqValue>,
}

impl LazyObject for ReducerInput<'_> {
    fn member(&self, name: &str) -> Result<Lazy<'_>, serde_json::Error> {
        Ok(match name {
            "state" => Lazy::Shared(self.state),
            "event" => Lazy::Object(self.event),
            _ => Lazy::Owned(JqValue::Null),
        })
    }

    fn whole(&self) -> Result<JqValue, serde_json::Error> {
        made_once(&self.whole, || Ok(object([("state", self.state.clone()), ("event", self.event.whole()?)]))).cloned()
    }
}

impl Fold for JqFold {
    fn version(&self) -> FoldVersion {
        // Another program has another name, so their snapshots are never mixed.
        FoldVersion { name: format!("{JQ_REDUCER}{}", self.program.hash()), version: 1 }
    }

    fn apply(&mut self, event: &EventView<'_>) -> Result<(), FoldError> {
        let event = JqEvent::read(event)?;
        let input = ReducerInput { state: &self.state, event: &event, whole: OnceLock::new() };
        let state = self.program.one_of(&input).map_err(|error| event.failed(error))?;
        if self.objects_only && !is_object(&state) {
            let (program, reason) = (self.program.name().to_owned(), "is not a row: expected an object".to_owned());
            return Err(JqError::Result { program, reason }.into());
        }
        self.state = state;
        Ok(())
    }

    fn save(&self) -> Result<String, FoldError> {
        to_text(&self.state).map_err(|error| FoldError::Reducer(error.to_string()))
    }

    fn restore(&mut self, saved: &str) -> Result<(), FoldError> {
        self.state = from_text(saved).map_err(|error| FoldError::Reducer(error.to_string()))?;
        Ok(())
    }

    fn show(&self, _at: Timestamp) -> Value {
        to_json(&self.state)
    }
}
