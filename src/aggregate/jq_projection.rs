//! A projection of two jq programs: one returns the key of an event's row, the other the next row.

use std::borrow::Cow;

use serde_json::Value;

use crate::aggregate::fold::Fold;
use crate::aggregate::fold::FoldVersion;
use crate::aggregate::fold_error::FoldError;
use crate::aggregate::jq_event::JqEvent;
use crate::aggregate::jq_reducer::jq_row;
use crate::aggregate::projection::Projection;
use crate::event::EventView;
use crate::event::Timestamp;
use crate::jq::JqError;
use crate::jq::JqProgram;
use crate::jq::to_json;

/// Maximum size of the key of a row in bytes.
const MAX_KEY_BYTES: usize = 500;
/// The key of events whose key program failed. Its row refuses every event with the reason.
const NO_KEY: &str = "";

/// A projection of two jq programs.
#[derive(Debug, Clone)]
pub struct JqProjection {
    /// The name of the projection and of its read model.
    pub name: String,
    /// The logic version.
    pub version: u32,
    /// The categories whose events it applies; none: all.
    pub categories: Vec<String>,
    /// The program from an event to the key of its row: a string, number or boolean. Null or no value: no row.
    pub key: JqProgram,
    /// The program from `{"state", "event"}` to the next row, an object.
    pub reduce: JqProgram,
}

impl JqProjection {
    fn key_of(&self, event: &EventView<'_>) -> Result<Option<String>, FoldError> {
        let refused = |reason: &str| {
            let error = JqError::Result { program: self.key.name().to_owned(), reason: reason.to_owned() };
            Err(FoldError::Program(error))
        };
        let input = JqEvent::read(event)?;
        let key = self.key.at_most_one_of(&input).map_err(|error| input.failed(error))?;
        let key = match key.map(|key| to_json(&key)) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(key)) => key,
            Some(key @ (Value::Number(_) | Value::Bool(_))) => key.to_string(),
            Some(_) => return refused("is not a key: expected a string, a number, true, false or null"),
        };
        if key.is_empty() || key.len() > MAX_KEY_BYTES || key.contains('\0') {
            return refused(&format!("is not a key: expected 1 to {MAX_KEY_BYTES} bytes without NUL"));
        }
        Ok(Some(key))
    }
}

impl Projection for JqProjection {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn categories(&self) -> Vec<String> {
        self.categories.clone()
    }

    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>> {
        // A failure must not be passed over.
        self.key_of(event).map_or(Some(Cow::Borrowed(NO_KEY)), |key| key.map(Cow::Owned))
    }

    fn row(&self, key: &str) -> Box<dyn Fold> {
        if key == NO_KEY { Box::new(NoKey(self.clone())) } else { jq_row(&self.reduce) }
    }
}

/// A row that refuses every event.
struct NoKey(JqProjection);

impl Fold for NoKey {
    fn version(&self) -> FoldVersion {
        FoldVersion { name: self.0.name.clone(), version: self.0.version }
    }

    fn apply(&mut self, event: &EventView<'_>) -> Result<(), FoldError> {
        self.0.key_of(event)?;
        Err(FoldError::Reducer("the key program failed before, and does not fail now".into()))
    }

    fn save(&self) -> Result<String, FoldError> {
        Ok("{}".to_owned())
    }

    fn restore(&mut self, _saved: &str) -> Result<(), FoldError> {
        Ok(())
    }

    fn show(&self, _at: Timestamp) -> Value {
        Value::Null
    }
}
