//! The decision of a command as events that can be appended.

use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::aggregate::DecidedEvent;
use crate::event::EventType;
use crate::event::JsonObject;
use crate::event::NewEvent;
use crate::event::StreamName;
use crate::event::Version;
use crate::event::new_id;
use crate::runtime::error::RuntimeError;
use crate::runtime::idempotency::key_event_id;
use crate::runtime::write_options::WriteOptions;

/// An event of a command.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutcomeEvent {
    /// The id of the event.
    pub event_id: Uuid,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The version in the stream.
    pub version: Version,
    /// The data of the event.
    pub data: JsonObject,
}

/// A decision to be made and recorded.
pub(super) struct WriteRequest<'a> {
    pub(super) stream: &'a StreamName,
    /// The name of the command, if it has one. Recorded with the events.
    pub(super) command: Option<&'a str>,
    /// The digest of the command, see [`content_of`](crate::runtime::idempotency::content_of). Used with an idempotency key only.
    pub(super) content: String,
    pub(super) options: &'a WriteOptions,
}

/// Returns the events of a decision, with their metadata.
///
/// # Errors
/// [`RuntimeError::Name`] or [`RuntimeError::Json`] for a type or metadata that some store cannot hold.
pub(super) fn new_events(decided: &[DecidedEvent], request: &WriteRequest<'_>) -> Result<Vec<NewEvent>, RuntimeError> {
    let options = request.options;
    let ids: Vec<Uuid> = match options.idempotency_key.as_deref() {
        Some(key) => (0..decided.len()).map(|index| key_event_id(request.stream, key, index)).collect(),
        None => decided.iter().map(|_| new_id()).collect(),
    };
    let Some(first) = ids.first() else { return Ok(Vec::new()) };
    let mut metadata = json!({
        "client_id": options.client_id,
        "correlation_id": options.correlation_id.clone().unwrap_or_else(|| first.to_string()),
    });
    if let Some(command) = request.command {
        metadata["command"] = command.into();
    }
    if let Some(causation_id) = &options.causation_id {
        metadata["causation_id"] = causation_id.as_str().into();
    }
    if let Some(key) = &options.idempotency_key {
        metadata["idempotency_key"] = key.as_str().into();
        metadata["command_hash"] = request.content.as_str().into();
    }
    let metadata = JsonObject::of(&metadata)?;
    let events = decided.iter().zip(ids).map(|(event, event_id)| {
        let event_type = EventType::parse(event.event_type)?;
        let (schema_version, data) = (event.schema_version, event.data.clone());
        Ok(NewEvent { event_id, event_type, schema_version, data, metadata: metadata.clone() })
    });
    events.collect()
}

/// Returns the events for the outcome of a command.
pub(super) fn outcome_events(events: &[NewEvent], before: Version) -> Vec<OutcomeEvent> {
    let outcome = events.iter().zip(before.0 + 1..).map(|(event, version)| OutcomeEvent {
        event_id: event.event_id,
        event_type: event.event_type.to_string(),
        version: Version(version),
        data: event.data.clone(),
    });
    outcome.collect()
}
