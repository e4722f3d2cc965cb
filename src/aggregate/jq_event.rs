//! The form of events in jq programs, which is the event JSON of the command line.

use std::sync::OnceLock;

use serde::de::IgnoredAny;

use crate::aggregate::fold_error::FoldError;
use crate::event::EventView;
use crate::jq::JqValue;
use crate::jq::Lazy;
use crate::jq::LazyJson;
use crate::jq::LazyObject;
use crate::jq::RunError;
use crate::jq::from_text;
use crate::jq::integer;
use crate::jq::object;
use crate::jq::text;

/// Returns an event for a jq program.
///
/// # Errors
/// [`FoldError::Data`] when its data or metadata are not JSON.
pub fn jq_event(event: &EventView<'_>) -> Result<JqValue, FoldError> {
    let read = |json| from_text(json).map_err(|error| FoldError::data(event.event_type, error));
    Ok(whole(event, read(event.data)?, read(event.metadata)?))
}

fn whole(event: &EventView<'_>, data: JqValue, metadata: JqValue) -> JqValue {
    object([
        ("position", integer(event.position.0)),
        ("event_id", text(event.event_id.to_string())),
        ("stream", text(event.stream)),
        ("version", integer(event.version.0)),
        ("type", text(event.event_type)),
        ("schema_version", integer(event.schema_version.into())),
        ("recorded_at", text(event.recorded_at.to_string())),
        ("data", data),
        ("metadata", metadata),
        ("hash", text(event.hash.to_string())),
    ])
}

/// An event for jq programs whose fields are made when a program uses them.
pub struct JqEvent<'e> {
    event: &'e EventView<'e>,
    data: LazyJson<'e>,
    metadata: OnceLock<LazyJson<'e>>,
}

impl<'e> JqEvent<'e> {
    /// Reads an event. It is the value of [`jq_event`].
    ///
    /// # Errors
    /// [`FoldError::Data`] when its data or metadata are not JSON.
    pub fn read(event: &'e EventView<'e>) -> Result<Self, FoldError> {
        let read = |json| LazyJson::read(json).map_err(|error| FoldError::data(event.event_type, error));
        let (data, metadata) = (read(event.data)?, OnceLock::new());
        // Few programs use the metadata, so they are only checked.
        if serde_json::from_str::<IgnoredAny>(event.metadata).is_err() {
            read(event.metadata)?;
        }
        Ok(Self { event, data, metadata })
    }

    /// Returns the reason why a program failed for this event.
    pub fn failed(&self, error: RunError) -> FoldError {
        match error {
            RunError::Input(error) => FoldError::data(self.event.event_type, error),
            RunError::Program(error) => FoldError::Program(error),
        }
    }

    fn metadata(&self) -> Result<&LazyJson<'e>, serde_json::Error> {
        match self.metadata.get() {
            Some(metadata) => Ok(metadata),
            None => {
                let read = LazyJson::read(self.event.metadata)?;
                Ok(self.metadata.get_or_init(|| read))
            }
        }
    }
}

impl LazyObject for JqEvent<'_> {
    fn member(&self, name: &str) -> Result<Lazy<'_>, serde_json::Error> {
        let event = self.event;
        Ok(Lazy::Owned(match name {
            "data" => return Ok(self.data.value()),
            "metadata" => return self.metadata().map(LazyJson::value),
            "position" => integer(event.position.0),
            "event_id" => text(event.event_id.to_string()),
            "stream" => text(event.stream),
            "version" => integer(event.version.0),
            "type" => text(event.event_type),
            "schema_version" => integer(event.schema_version.into()),
            "recorded_at" => text(event.recorded_at.to_string()),
            "hash" => text(event.hash.to_string()),
            _ => JqValue::Null,
        }))
    }

    fn whole(&self) -> Result<JqValue, serde_json::Error> {
        Ok(whole(self.event, from_text(self.event.data)?, from_text(self.event.metadata)?))
    }
}
