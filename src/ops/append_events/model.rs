//! The input and the report of an append.

use serde::Serialize;
use uuid::Uuid;

use crate::event::EventType;
use crate::event::ExpectedVersion;
use crate::event::Hash;
use crate::event::JsonObject;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::runtime::CommandResult;
use crate::store::RecordTime;

/// An event to append.
#[derive(Debug, Clone)]
pub struct EventInput {
    /// The event id; a new one if there is none.
    pub event_id: Option<Uuid>,
    /// The type of the event.
    pub event_type: EventType,
    /// The schema version of the data.
    pub schema_version: u32,
    /// The data.
    pub data: JsonObject,
    /// The metadata. `client_id` and `correlation_id` are added if they are missing.
    pub metadata: JsonObject,
}

/// An event that was appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppendedReport {
    /// The event id.
    pub event_id: Uuid,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// The version of the event.
    pub version: Version,
    /// The position of the event.
    pub position: Position,
    /// The time that the store gave the event.
    pub recorded_at: Timestamp,
    /// The hash of the event, a link of the chain.
    pub hash: Hash,
}

/// The outcome of an append.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppendReport {
    /// The outcome: applied now or before.
    pub outcome: CommandResult,
    /// The stream.
    pub stream: StreamName,
    /// The version of the stream after the last event.
    pub version: Version,
    /// The position of the last event.
    pub position: Position,
    /// The events.
    pub events: Vec<AppendedReport>,
    /// The microseconds by which the clock was behind the store's; 0 if it was not.
    #[serde(skip)]
    pub clock_behind_micros: u64,
}

/// The input of an append.
#[derive(Debug, Clone)]
pub struct AppendEvents {
    /// The stream.
    pub stream: StreamName,
    /// The expected version of the stream.
    pub expected: ExpectedVersion,
    /// The events, in order.
    pub batch: Vec<EventInput>,
    /// The client that appends the events.
    pub client_id: String,
    /// The correlation id of all events; none: that of their metadata, or the id of the first event.
    pub correlation_id: Option<String>,
    /// The causation id of all events, if it is known.
    pub causation_id: Option<String>,
    /// The key that the ids of events without one are derived from. The scope of a key is the stream.
    pub idempotency_key: Option<String>,
    /// The source of the time of the events.
    pub time: RecordTime,
    /// True to append events that the domain of the stream cannot apply.
    pub force: bool,
}
