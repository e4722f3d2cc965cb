//! An append as a caller asks for it, and the report of it.

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
    /// The key that the ids of events without one are derived from. The scope of a key is the stream.
    pub idempotency_key: Option<String>,
    /// When they are recorded.
    pub time: RecordTime,
    /// Append also what the domain of the stream cannot apply.
    pub force: bool,
}
