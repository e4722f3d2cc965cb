//! The envelope: an event as a writer brings it, as the store has recorded it, and a borrowed view
//! of the latter for the hot paths.

use serde::Deserialize;
use serde::Serialize;
use uuid::Uuid;

use crate::event::hash::Hash;
use crate::event::hash::content_hash;
use crate::event::id::new_id;
use crate::event::json::JsonError;
use crate::event::json::JsonObject;
use crate::event::name::EventType;
use crate::event::name::StreamName;
use crate::event::name::category_of;
use crate::event::place::Position;
use crate::event::place::Version;
use crate::event::time::Timestamp;

/// An event that is to be appended; the store adds position, version, time and hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Unique in the store; the same id again is the same event.
    pub event_id: Uuid,
    /// What happened, in the past tense.
    pub event_type: EventType,
    /// Which shape `data` has, from 1.
    pub schema_version: u32,
    /// The fact.
    pub data: JsonObject,
    /// Who, and in connection with what.
    pub metadata: JsonObject,
}

impl NewEvent {
    /// An event of schema version 1 with an id of its own (UUIDv7) and no metadata.
    ///
    /// # Errors
    /// When `data` does not serialise to a JSON object that every backend can hold.
    pub fn new<T: Serialize + ?Sized>(event_type: EventType, data: &T) -> Result<Self, JsonError> {
        Ok(Self { event_id: new_id(), event_type, schema_version: 1, data: JsonObject::of(data)?, metadata: JsonObject::empty() })
    }

    /// The hash over what this event brings to a stream.
    pub fn content_hash(&self, stream: &StreamName) -> Hash {
        content_hash(
            stream.as_str(),
            self.event_id,
            self.event_type.as_str(),
            self.schema_version,
            self.data.as_str(),
            self.metadata.as_str(),
        )
    }
}

/// A recorded event, borrowed from the buffer it was read into.
///
/// Its names and texts come from the store as they are: nothing here is checked again, and nothing
/// here may reach a terminal without passing the output layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventView<'a> {
    /// Place in the whole store.
    pub position: Position,
    /// Unique in the store.
    pub event_id: Uuid,
    /// The stream it belongs to.
    pub stream: &'a str,
    /// Place in its stream.
    pub version: Version,
    /// What happened.
    pub event_type: &'a str,
    /// Which shape `data` has.
    pub schema_version: u32,
    /// When the store recorded it.
    pub recorded_at: Timestamp,
    /// Canonical JSON object.
    pub data: &'a str,
    /// Canonical JSON object.
    pub metadata: &'a str,
    /// Its link in the hash chain.
    pub hash: Hash,
    /// The content hash that was recorded, where the payload was erased or archived since.
    pub kept_content: Option<Hash>,
    /// True for a quarantined event: folds leave it out.
    pub quarantined: bool,
}

impl EventView<'_> {
    /// What stands before the first `-` of the stream's name.
    pub fn category(&self) -> &str {
        category_of(self.stream)
    }

    /// Who asked for it; `None` where the metadata, which may be of any program, do not say.
    pub fn client_id(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Origin {
            client_id: Option<String>,
        }
        serde_json::from_str::<Origin>(self.metadata).ok()?.client_id
    }

    /// Returns the content hash that the chain is made of: the kept one of an event whose payload was erased or archived,
    /// and else that of what is stored.
    pub fn content_hash(&self) -> Hash {
        self.kept_content.unwrap_or_else(|| self.stored_content_hash())
    }

    /// Computes the hash over the stored stream, id, type, schema version, data and metadata.
    pub fn stored_content_hash(&self) -> Hash {
        content_hash(self.stream, self.event_id, self.event_type, self.schema_version, self.data, self.metadata)
    }

    /// A copy that owns its texts.
    pub fn to_recorded(&self) -> RecordedEvent {
        RecordedEvent {
            position: self.position,
            event_id: self.event_id,
            stream: self.stream.to_owned(),
            version: self.version,
            event_type: self.event_type.to_owned(),
            schema_version: self.schema_version,
            recorded_at: self.recorded_at,
            data: self.data.to_owned(),
            metadata: self.metadata.to_owned(),
            hash: self.hash,
            kept_content: self.kept_content,
            quarantined: self.quarantined,
        }
    }
}

/// A recorded event that owns its texts, for where one event is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Place in the whole store.
    pub position: Position,
    /// Unique in the store.
    pub event_id: Uuid,
    /// The stream it belongs to.
    pub stream: String,
    /// Place in its stream.
    pub version: Version,
    /// What happened.
    pub event_type: String,
    /// Which shape `data` has.
    pub schema_version: u32,
    /// When the store recorded it.
    pub recorded_at: Timestamp,
    /// Canonical JSON object.
    pub data: String,
    /// Canonical JSON object.
    pub metadata: String,
    /// Its link in the hash chain.
    pub hash: Hash,
    /// The content hash that was recorded, where the payload was erased or archived since.
    pub kept_content: Option<Hash>,
    /// True for a quarantined event: folds leave it out.
    pub quarantined: bool,
}

impl RecordedEvent {
    /// The same event, borrowed.
    pub fn view(&self) -> EventView<'_> {
        EventView {
            position: self.position,
            event_id: self.event_id,
            stream: &self.stream,
            version: self.version,
            event_type: &self.event_type,
            schema_version: self.schema_version,
            recorded_at: self.recorded_at,
            data: &self.data,
            metadata: &self.metadata,
            hash: self.hash,
            kept_content: self.kept_content,
            quarantined: self.quarantined,
        }
    }
}

/// The event JSON of the command line and of the server.
impl Serialize for EventView<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error;
        use serde::ser::SerializeStruct;
        use serde_json::value::RawValue;
        let data: &RawValue = serde_json::from_str(self.data).map_err(S::Error::custom)?;
        let metadata: &RawValue = serde_json::from_str(self.metadata).map_err(S::Error::custom)?;
        let fields = 10 + usize::from(self.kept_content.is_some()) + usize::from(self.quarantined);
        let mut event = serializer.serialize_struct("Event", fields)?;
        event.serialize_field("position", &self.position)?;
        event.serialize_field("event_id", &self.event_id)?;
        event.serialize_field("stream", self.stream)?;
        event.serialize_field("version", &self.version)?;
        event.serialize_field("type", self.event_type)?;
        event.serialize_field("schema_version", &self.schema_version)?;
        event.serialize_field("recorded_at", &self.recorded_at)?;
        event.serialize_field("data", data)?;
        event.serialize_field("metadata", metadata)?;
        event.serialize_field("hash", &self.hash)?;
        if let Some(content) = &self.kept_content {
            event.serialize_field("content_hash", content)?;
        }
        if self.quarantined {
            event.serialize_field("quarantined", &true)?;
        }
        event.end()
    }
}

impl Serialize for RecordedEvent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.view().serialize(serializer)
    }
}
