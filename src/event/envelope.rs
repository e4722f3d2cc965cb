//! The envelope of an event: before the append, after it, and as a borrowed view for the hot paths.

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
use crate::event::time::Timestamp;
use crate::event::version::Position;
use crate::event::version::Version;

/// An event to append. The store adds position, version, time and hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The id, unique in the store. An event with a known id is a repetition.
    pub event_id: Uuid,
    /// The type, in the past tense.
    pub event_type: EventType,
    /// The version of the schema of `data`, from 1.
    pub schema_version: u32,
    /// The data.
    pub data: JsonObject,
    /// The metadata: the client and the correlation.
    pub metadata: JsonObject,
}

impl NewEvent {
    /// Returns an event of schema version 1 with a new id (UUIDv7) and no metadata.
    ///
    /// # Errors
    /// `data` does not serialise to a JSON object that every backend can store.
    pub fn new<T: Serialize + ?Sized>(event_type: EventType, data: &T) -> Result<Self, JsonError> {
        Ok(Self { event_id: new_id(), event_type, schema_version: 1, data: JsonObject::of(data)?, metadata: JsonObject::empty() })
    }

    /// Returns the hash of the content of this event in a stream.
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

/// A recorded event, borrowed from the buffer of its read.
///
/// Names and texts come unchecked from the store. None of them may reach a terminal without the output layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventView<'a> {
    /// The position in the store.
    pub position: Position,
    /// The id, unique in the store.
    pub event_id: Uuid,
    /// The stream of the event.
    pub stream: &'a str,
    /// The version in the stream.
    pub version: Version,
    /// The type.
    pub event_type: &'a str,
    /// The version of the schema of `data`.
    pub schema_version: u32,
    /// The time at which the store recorded the event.
    pub recorded_at: Timestamp,
    /// The data, a canonical JSON object.
    pub data: &'a str,
    /// The metadata, a canonical JSON object.
    pub metadata: &'a str,
    /// The hash of the event in the chain.
    pub hash: Hash,
    /// The recorded content hash of an event whose payload was erased or archived since.
    pub kept_content: Option<Hash>,
    /// True for a quarantined event, which folds leave out.
    pub quarantined: bool,
    /// A JSON object with what only the store of another program has; `None` in a store of esctl. Such an event has no hash.
    pub source: Option<&'a str>,
}

impl EventView<'_> {
    /// Returns the category of the stream.
    pub fn category(&self) -> &str {
        category_of(self.stream)
    }

    /// Returns the client that sent the request; `None` where the metadata, which any program may write, have no client id.
    pub fn client_id(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Origin {
            client_id: Option<String>,
        }
        serde_json::from_str::<Origin>(self.metadata).ok()?.client_id
    }

    /// Returns the content hash that the chain uses: the recorded one where the payload was erased or archived, otherwise
    /// the hash of the stored content.
    pub fn content_hash(&self) -> Hash {
        self.kept_content.unwrap_or_else(|| self.stored_content_hash())
    }

    /// Computes the hash of the stored stream, id, type, schema version, data and metadata.
    pub fn stored_content_hash(&self) -> Hash {
        content_hash(self.stream, self.event_id, self.event_type, self.schema_version, self.data, self.metadata)
    }

    /// Returns a copy that owns its texts.
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
            source: self.source.map(str::to_owned),
        }
    }
}

/// A recorded event that owns its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// The position in the store.
    pub position: Position,
    /// The id, unique in the store.
    pub event_id: Uuid,
    /// The stream of the event.
    pub stream: String,
    /// The version in the stream.
    pub version: Version,
    /// The type.
    pub event_type: String,
    /// The version of the schema of `data`.
    pub schema_version: u32,
    /// The time at which the store recorded the event.
    pub recorded_at: Timestamp,
    /// The data, a canonical JSON object.
    pub data: String,
    /// The metadata, a canonical JSON object.
    pub metadata: String,
    /// The hash of the event in the chain.
    pub hash: Hash,
    /// The recorded content hash of an event whose payload was erased or archived since.
    pub kept_content: Option<Hash>,
    /// True for a quarantined event, which folds leave out.
    pub quarantined: bool,
    /// A JSON object with what only the store of another program has; `None` in a store of esctl.
    pub source: Option<String>,
}

impl RecordedEvent {
    /// Returns a borrowed view of the event.
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
            source: self.source.as_deref(),
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
        let source: Option<&RawValue> = self.source.map(serde_json::from_str).transpose().map_err(S::Error::custom)?;
        let further = [self.kept_content.is_some(), self.quarantined, source.is_some()];
        let fields = 10 + further.into_iter().map(usize::from).sum::<usize>();
        let mut event = serializer.serialize_struct("Event", fields)?;
        event.serialize_field("position", &self.position)?;
        event.serialize_field("event_id", &self.event_id)?;
        // Only in the store of another program, an event may have no stream.
        event.serialize_field("stream", &Some(self.stream).filter(|stream| !stream.is_empty()))?;
        event.serialize_field("version", &self.version)?;
        event.serialize_field("type", self.event_type)?;
        event.serialize_field("schema_version", &self.source.is_none().then_some(self.schema_version))?;
        event.serialize_field("recorded_at", &self.recorded_at)?;
        event.serialize_field("data", data)?;
        event.serialize_field("metadata", metadata)?;
        event.serialize_field("hash", &self.source.is_none().then_some(self.hash))?;
        if let Some(content) = &self.kept_content {
            event.serialize_field("content_hash", content)?;
        }
        if self.quarantined {
            event.serialize_field("quarantined", &true)?;
        }
        if let Some(source) = source {
            event.serialize_field("source", source)?;
        }
        event.end()
    }
}

impl Serialize for RecordedEvent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.view().serialize(serializer)
    }
}
