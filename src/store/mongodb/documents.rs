//! The BSON document of a commit: one append, with its events in an array, encoded and decoded by hand.
//!
//! ```text
//! { _id: position of the first event, stream, first_version, count, recorded_at and hash of the last event,
//!   schema: version of the schema,
//!   events: [ { id, type, schema_version, recorded_at: µs since 1970, data, metadata, hash,
//!               content_hash: where the payload was erased or archived } ] }
//! ```
//! A program that had the database open during a migration does not read the marker again. It stops at the first commit
//! with a newer `schema`, before it can append after it. (A program of version 2 does not know that field. It stops because
//! `count` is no longer an integer of 64 bits.)
//!
//! `data` and `metadata` are the canonical text, which is hashed and which BSON would not return byte for byte.

use mongodb::bson::RawArray;
use mongodb::bson::RawArrayBuf;
use mongodb::bson::RawBsonRef;
use mongodb::bson::RawDocument;
use mongodb::bson::RawDocumentBuf;
use mongodb::bson::cstr;
use mongodb::bson::raw::RawBinaryRef;
use mongodb::bson::spec::BinarySubtype;
use uuid::Uuid;

use crate::event::EventView;
use crate::event::Hash;
use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::append::AppendedEvent;
use crate::store::append::BackendAppend;
use crate::store::backend::SCHEMA_VERSION;
use crate::store::error::StoreError;
use crate::store::head::Head;

/// The upper limit of bytes beside the content of an event: names, lengths and types of its fields.
const FRAME_BYTES: usize = 200;

/// Returns the document of an append, with the values that the store added to its events.
pub(crate) fn commit_of(append: &BackendAppend, added: &[AppendedEvent]) -> RawDocumentBuf {
    let request = &append.request;
    let mut events = RawArrayBuf::new();
    for (event, added) in request.events.iter().zip(added) {
        let mut document = RawDocumentBuf::new();
        document.append(cstr!("id"), uuid_ref(event.event_id.as_bytes()));
        document.append(cstr!("type"), event.event_type.as_str());
        document.append(cstr!("schema_version"), i64::from(event.schema_version));
        document.append(cstr!("recorded_at"), added.recorded_at.micros());
        document.append(cstr!("data"), event.data.as_str());
        document.append(cstr!("metadata"), event.metadata.as_str());
        document.append(cstr!("hash"), bytes_ref(&added.hash.0));
        events.push(document);
    }
    let mut commit = RawDocumentBuf::new();
    if let (Some(first), Some(last)) = (added.first(), added.last()) {
        commit.append(cstr!("_id"), first.position.0.cast_signed());
        commit.append(cstr!("stream"), request.stream.as_str());
        commit.append(cstr!("first_version"), first.version.0.cast_signed());
        // A commit is at most 12 MiB, so it has fewer than 2^31 events.
        commit.append(cstr!("count"), i32::try_from(added.len()).unwrap_or(i32::MAX));
        commit.append(cstr!("recorded_at"), last.recorded_at.micros());
        commit.append(cstr!("hash"), bytes_ref(&last.hash.0));
    }
    commit.append(cstr!("schema"), SCHEMA_VERSION.cast_signed());
    commit.append(cstr!("events"), events);
    commit
}

/// Returns an upper limit of the size of an append's document.
pub(crate) fn bytes_of(append: &BackendAppend) -> usize {
    let of_event = |event: &crate::event::NewEvent| {
        FRAME_BYTES + event.event_type.as_str().len() + event.data.as_str().len() + event.metadata.as_str().len()
    };
    append.request.events.iter().map(of_event).sum::<usize>() + append.request.stream.as_str().len() + FRAME_BYTES
}

fn uuid_ref(bytes: &[u8; 16]) -> RawBinaryRef<'_> {
    RawBinaryRef { subtype: BinarySubtype::Uuid, bytes }
}

fn bytes_ref(bytes: &[u8]) -> RawBinaryRef<'_> {
    RawBinaryRef { subtype: BinarySubtype::Generic, bytes }
}

/// The summary fields of a commit, without its events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Summary<'d> {
    /// The position of the first event.
    pub(crate) first_position: u64,
    /// The stream.
    pub(crate) stream: &'d str,
    /// The version of the first event.
    pub(crate) first_version: u64,
    /// The number of events.
    pub(crate) count: u64,
    /// The time of the last event.
    pub(crate) recorded_at: Timestamp,
    /// The hash of the last event in the chain.
    pub(crate) hash: Hash,
    /// The events, where they were requested.
    pub(crate) events: Option<&'d RawArray>,
}

impl Summary<'_> {
    /// Returns the last event, on which the next commit follows.
    pub(crate) fn head(&self) -> Head {
        Head { position: Position(self.first_position + self.count - 1), recorded_at: self.recorded_at, hash: self.hash }
    }

    /// Returns the version of the stream after the commit.
    pub(crate) fn version(&self) -> Version {
        Version(self.first_version + self.count - 1)
    }
}

fn damaged(what: &str, position: u64) -> StoreError {
    StoreError::integrity(format!("the commit at position {position} has an invalid {what}"))
}

/// Reads the summary of a commit.
pub(crate) fn summary(document: &RawDocument) -> Result<Summary<'_>, StoreError> {
    let mut found = Summary {
        first_position: 0,
        stream: "",
        first_version: 0,
        count: 0,
        recorded_at: Timestamp::MIN,
        hash: Hash::ZERO,
        events: None,
    };
    for element in document.iter() {
        let (name, value) = element.map_err(|_| damaged("field", found.first_position))?;
        let (name, at) = (name.as_str(), found.first_position);
        match name {
            "_id" => found.first_position = place(value).ok_or_else(|| damaged(name, at))?,
            "stream" => found.stream = value.as_str().ok_or_else(|| damaged(name, at))?,
            "first_version" => found.first_version = place(value).ok_or_else(|| damaged(name, at))?,
            "count" => found.count = count(value).ok_or_else(|| damaged(name, at))?,
            "schema" => check_known(value, at)?,
            "recorded_at" => found.recorded_at = time(value).ok_or_else(|| damaged(name, at))?,
            "hash" => found.hash = Hash(bytes(value).ok_or_else(|| damaged(name, at))?),
            "events" => found.events = Some(value.as_array().ok_or_else(|| damaged(name, at))?),
            _ => {}
        }
    }
    if found.first_position == 0 || found.first_version == 0 || found.count == 0 || found.stream.is_empty() {
        return Err(damaged("field, or lacks one", found.first_position));
    }
    Ok(found)
}

/// Returns the events of a commit in their order; [`event`] reads one.
pub(crate) fn events<'d>(commit: &Summary<'d>) -> Result<Vec<&'d RawDocument>, StoreError> {
    let array = commit.events.ok_or_else(|| damaged("field: events are missing", commit.first_position))?;
    let mut events = Vec::with_capacity(usize::try_from(commit.count).unwrap_or(0).min(1 << 20));
    for element in array {
        let event = element.ok().and_then(RawBsonRef::as_document).ok_or_else(|| damaged("event", commit.first_position))?;
        events.push(event);
    }
    if events.len() as u64 != commit.count {
        return Err(StoreError::integrity(format!(
            "the commit at position {} has {} events and was written with {}",
            commit.first_position,
            events.len(),
            commit.count
        )));
    }
    Ok(events)
}

/// Reads the event at an index of a commit.
pub(crate) fn event<'d>(commit: &Summary<'d>, index: u64, document: &'d RawDocument) -> Result<EventView<'d>, StoreError> {
    let position = commit.first_position + index;
    let mut event = EventView {
        position: Position(position),
        event_id: Uuid::nil(),
        stream: commit.stream,
        version: Version(commit.first_version + index),
        event_type: "",
        schema_version: 0,
        recorded_at: Timestamp::MIN,
        data: "",
        metadata: "",
        hash: Hash::ZERO,
        kept_content: None,
        quarantined: false,
        source: None,
    };
    for element in document.iter() {
        let (name, value) = element.map_err(|_| damaged("field", position))?;
        let name = name.as_str();
        let bad = || damaged(name, position);
        match name {
            "id" => event.event_id = Uuid::from_bytes(bytes(value).ok_or_else(bad)?),
            "type" => event.event_type = value.as_str().ok_or_else(bad)?,
            "schema_version" => {
                let number = value.as_i64().and_then(|number| u32::try_from(number).ok());
                event.schema_version = number.ok_or_else(bad)?;
            }
            "recorded_at" => event.recorded_at = time(value).ok_or_else(bad)?,
            "data" => event.data = value.as_str().ok_or_else(bad)?,
            "metadata" => event.metadata = value.as_str().ok_or_else(bad)?,
            "hash" => event.hash = Hash(bytes(value).ok_or_else(bad)?),
            "content_hash" => event.kept_content = Some(Hash(bytes(value).ok_or_else(bad)?)),
            _ => {}
        }
    }
    Ok(event)
}

/// Reads the number of events from a commit's field. Commits of schema version 2 have an integer of 64 bits.
pub(crate) fn count(value: RawBsonRef<'_>) -> Option<u64> {
    value.as_i32().and_then(|count| u64::try_from(count).ok()).or_else(|| place(value))
}

fn check_known(value: RawBsonRef<'_>, position: u64) -> Result<(), StoreError> {
    let version = value.as_i32().and_then(|version| u32::try_from(version).ok());
    match version.ok_or_else(|| damaged("schema", position))? {
        newer if newer > SCHEMA_VERSION => Err(StoreError::Unsupported(format!(
            "this is a store of a newer esctl (schema {newer}; this program supports up to {SCHEMA_VERSION})"
        ))),
        _ => Ok(()),
    }
}

fn place(value: RawBsonRef<'_>) -> Option<u64> {
    u64::try_from(value.as_i64()?).ok()
}

fn time(value: RawBsonRef<'_>) -> Option<Timestamp> {
    Timestamp::from_micros(value.as_i64()?).ok()
}

fn bytes<const N: usize>(value: RawBsonRef<'_>) -> Option<[u8; N]> {
    value.as_binary()?.bytes.try_into().ok()
}
