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

/// What to append, and where.
#[derive(Debug, Clone)]
pub struct AppendEvents {
    /// The stream.
    pub stream: StreamName,
    /// What it must be like.
    pub expected: ExpectedVersion,
    /// The events, in their order.
    pub batch: Vec<EventInput>,
    /// Who brings them.
    pub client_id: String,
    /// What they belong to; the id of the first one unless their metadata say.
    pub correlation_id: Option<String>,
    /// What caused them, where known.
    pub causation_id: Option<String>,
    /// When they are recorded.
    pub time: RecordTime,
}

/// Appends a batch to a stream, all or nothing.
///
/// # Errors
/// A conflict, or as the store says.
pub async fn append_events(store: &Store, input: AppendEvents) -> Result<AppendReport, OpsError> {
    let ids: Vec<Uuid> = input.batch.iter().map(|event| event.event_id.unwrap_or_else(Uuid::now_v7)).collect();
    let first = ids.first().copied().unwrap_or_default();
    let mut events = Vec::with_capacity(ids.len());
    for (event, event_id) in input.batch.iter().zip(ids) {
        events.push(NewEvent {
            event_id,
            event_type: event.event_type.clone(),
            schema_version: event.schema_version,
            data: event.data.clone(),
            metadata: with_origin(&event.metadata, &input, first)?,
        });
    }
    let stream = input.stream;
    let request = AppendRequest { stream: stream.clone(), expected: input.expected, events: events.clone(), time: input.time };
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
fn with_origin(metadata: &JsonObject, input: &AppendEvents, first: Uuid) -> Result<JsonObject, OpsError> {
    let mut object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(metadata.as_str()).map_err(|error| OpsError::Invalid(format!("metadata: {error}")))?;
    object.entry("client_id").or_insert_with(|| input.client_id.as_str().into());
    // What is said for all of them comes before what one of them says.
    for (key, said) in [("correlation_id", &input.correlation_id), ("causation_id", &input.causation_id)] {
        if let Some(said) = said {
            object.insert(key.into(), said.as_str().into());
        }
    }
    object.entry("correlation_id").or_insert_with(|| first.to_string().into());
    Ok(JsonObject::of(&object)?)
}
