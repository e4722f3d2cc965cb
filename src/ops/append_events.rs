//! Appending events of any application to a stream.

use serde::Serialize;
use uuid::Uuid;

use crate::event::EventType;
use crate::event::ExpectedVersion;
use crate::event::Hash;
use crate::event::JsonObject;
use crate::event::NewEvent;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::runtime::CommandResult;
use crate::store::AppendRequest;
use crate::store::Outcome;
use crate::store::RecordTime;
use crate::store::Store;

/// An event as somebody outside brings it.
#[derive(Debug, Clone)]
pub struct EventInput {
    /// Its id; made where there is none.
    pub event_id: Option<Uuid>,
    /// What happened.
    pub event_type: EventType,
    /// Which shape the data has.
    pub schema_version: u32,
    /// The fact.
    pub data: JsonObject,
    /// What is known beside it; `client_id` and `correlation_id` are added where they are missing.
    pub metadata: JsonObject,
}

/// An event that was appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppendedReport {
    /// Its id.
    pub event_id: Uuid,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// Its place in the stream.
    pub version: Version,
    /// Its place in the store.
    pub position: Position,
    /// When the store recorded it.
    pub recorded_at: Timestamp,
    /// Its link in the chain.
    pub hash: Hash,
}

/// What became of an append.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppendReport {
    /// Whether it changed anything.
    pub outcome: CommandResult,
    /// The stream.
    pub stream: StreamName,
    /// Where the stream is after its last event.
    pub version: Version,
    /// Where its last event is in the store.
    pub position: Position,
    /// Its events.
    pub events: Vec<AppendedReport>,
    /// By how many microseconds the clock was behind the store's; 0 when it was not.
    #[serde(skip)]
    pub clock_behind_micros: u64,
}

/// Appends a batch to a stream, all or nothing.
///
/// # Errors
/// A conflict, or as the store says.
pub async fn append_events(
    store: &Store,
    stream: StreamName,
    expected: ExpectedVersion,
    client_id: &str,
    batch: Vec<EventInput>,
) -> Result<AppendReport, OpsError> {
    let ids: Vec<Uuid> = batch.iter().map(|event| event.event_id.unwrap_or_else(Uuid::now_v7)).collect();
    let correlation_id = ids.first().copied().unwrap_or_default();
    let mut events = Vec::with_capacity(batch.len());
    for (input, event_id) in batch.into_iter().zip(ids) {
        events.push(NewEvent {
            event_id,
            event_type: input.event_type,
            schema_version: input.schema_version,
            data: input.data,
            metadata: with_origin(&input.metadata, client_id, correlation_id)?,
        });
    }
    let request = AppendRequest { stream: stream.clone(), expected, events: events.clone(), time: RecordTime::StoreClock };
    let appended = store.append(request).await?;
    let reports = events.into_iter().zip(&appended.events).map(|(event, recorded)| AppendedReport {
        event_id: event.event_id,
        event_type: event.event_type,
        version: recorded.version,
        position: recorded.position,
        recorded_at: recorded.recorded_at,
        hash: recorded.hash,
    });
    let outcome = match appended.outcome {
        Outcome::Applied => CommandResult::Applied,
        Outcome::AlreadyApplied => CommandResult::AlreadyApplied,
    };
    let last = appended.events.last();
    Ok(AppendReport {
        outcome,
        stream,
        version: last.map_or(Version::ZERO, |event| event.version),
        position: last.map_or(Position::ZERO, |event| event.position),
        events: reports.collect(),
        clock_behind_micros: appended.clock_behind_micros,
    })
}

/// Metadata always say who; and what belongs together, which for a batch is the id of its first event.
fn with_origin(metadata: &JsonObject, client_id: &str, correlation_id: Uuid) -> Result<JsonObject, OpsError> {
    let mut object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(metadata.as_str()).map_err(|error| OpsError::Invalid(format!("metadata: {error}")))?;
    object.entry("client_id").or_insert_with(|| client_id.into());
    object.entry("correlation_id").or_insert_with(|| correlation_id.to_string().into());
    Ok(JsonObject::of(&object)?)
}
