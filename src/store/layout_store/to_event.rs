//! Turns mapped rows into events of a chunk.

use std::borrow::Cow;

use memchr::memchr2;
use serde_json::Map;
use serde_json::Value;
use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::EventView;
use crate::event::Hash;
use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::error::StoreError;
use crate::store::foreign::ForeignRow;
use crate::store::layout::MappedEvent;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::table::TableRows;

/// The namespace of ids that are derived from the layout and the original id, or the stream and version.
const EVENT_IDS: Uuid = Uuid::from_u128(0x3a5f_2c64_91d7_4b0e_8c1f_d2a9_47e6_05b3);

impl Opened {
    /// Maps a row. `counted` is the version where rows have none.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] names stream and version of a row that is no event.
    pub(super) fn event<'r>(
        &self,
        rows: &TableRows,
        row: &'r ForeignRow,
        counted: Option<i64>,
    ) -> Result<MappedEvent<'r>, StoreError> {
        let mapper = rows.mapper();
        let mut event = mapper.map_in_order(&row.values, row.place).map_err(|error| {
            let counted = counted.map(|version| format!(", version {version}")).unwrap_or_default();
            StoreError::integrity(format!("{}{counted}: {error}", mapper.name_of(&row.values, row.place)))
        })?;
        event.version = event.version.or(counted);
        Ok(event)
    }

    /// Adds an event to a chunk.
    pub(super) fn push(&self, rows: &TableRows, event: &MappedEvent<'_>, chunk: &mut EventChunk) -> Result<(), StoreError> {
        self.push_marked(rows, event, false, chunk)
    }

    /// Adds an event to a chunk, marked if it is late for a follower.
    pub(super) fn push_marked(
        &self,
        rows: &TableRows,
        event: &MappedEvent<'_>,
        late: bool,
        chunk: &mut EventChunk,
    ) -> Result<(), StoreError> {
        let event_id = self.event_id(event);
        let mut source = self.source(rows, event, event_id);
        if late {
            source.insert("late".into(), true.into());
        }
        let source = if source.is_empty() { Cow::Borrowed("{}") } else { Value::Object(source).to_string().into() };
        chunk.push(&EventView {
            position: place(event.position).map_or(Position::NONE, Position),
            event_id,
            stream: event.stream.as_deref().unwrap_or_default(),
            version: place(event.version).map_or(Version::NONE, Version),
            event_type: &event.event_type,
            schema_version: 1,
            recorded_at: event.recorded_at.unwrap_or(Timestamp::NONE),
            data: &compact(event.data.get()),
            metadata: &compact(event.metadata.get()),
            hash: Hash::ZERO,
            kept_content: None,
            quarantined: false,
            source: Some(&source),
        });
        Ok(())
    }

    /// Returns what only the store of the other program has: further columns, and the id, version and position that are shown
    /// in another form.
    fn source(&self, rows: &TableRows, event: &MappedEvent<'_>, event_id: Uuid) -> Map<String, Value> {
        let mut source: Map<String, Value> =
            event.source.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        if let Some(id) = &event.original_id
            && *event_id.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()) != **id
        {
            source.insert("id".into(), id.to_string().into());
        }
        if event.hidden {
            source.insert("hidden".into(), true.into());
        }
        let first = rows.first_version();
        if let Some(version) = event.version.filter(|_| first != 1) {
            source.insert("version".into(), (version - 1 + first).into());
        }
        if let Some(position) = event.position.filter(|_| rows.layout.events.first_position != 1) {
            source.insert("position".into(), (position - 1 + rows.layout.events.first_position).into());
        }
        source
    }

    /// Returns the id of an event. One that is no UUID, or is missing, gives the same UUID each time.
    pub(super) fn event_id(&self, event: &MappedEvent<'_>) -> Uuid {
        match &event.original_id {
            Some(id) => self.id_of_original(id),
            None => self.id_of_place(event.stream.as_deref(), event.version, event.position),
        }
    }

    /// Returns the id of an event without an id of its own.
    fn id_of_place(&self, stream: Option<&str>, version: Option<i64>, position: Option<i64>) -> Uuid {
        match (stream, version) {
            (Some(stream), Some(version)) => self.derived(&format!("version\0{stream}\0{version}")),
            _ => self.derived(&format!("position\0{}", position.map_or(0, |position| position - 1 + self.first_position()))),
        }
    }

    /// Returns true for an event without an id of its own.
    pub(super) fn derives_id(&self, event: &EventView<'_>) -> bool {
        let shown = |is_some: bool, number: u64| i64::try_from(number).ok().filter(|_| is_some);
        let stream = Some(event.stream).filter(|stream| !stream.is_empty());
        let version = shown(event.version.is_some(), event.version.0);
        let position = shown(event.position.is_some(), event.position.0);
        // Most ids are of another kind.
        event.event_id.get_version_num() == 5 && event.event_id == self.id_of_place(stream, version, position)
    }
}

impl Opened {
    /// Returns the id of an event with this id in the store.
    pub(super) fn id_of_original(&self, original: &str) -> Uuid {
        Uuid::parse_str(original).unwrap_or_else(|_| self.derived(&format!("id\0{original}")))
    }

    fn derived(&self, text: &str) -> Uuid {
        Uuid::new_v5(&EVENT_IDS, format!("{}\0{text}", self.name).as_bytes())
    }
}

/// Returns a version or position that esctl can hold.
fn place(number: Option<i64>) -> Option<u64> {
    number.and_then(|number| u64::try_from(number).ok())
}

/// Returns JSON without the white space between its parts, which would break the lines of NDJSON.
fn compact(json: &str) -> Cow<'_, str> {
    // A text in JSON has spaces, and no other white space as it is.
    if !json.bytes().any(|byte| byte <= b' ') {
        return Cow::Borrowed(json);
    }
    let (bytes, mut kept) = (json.as_bytes(), String::new());
    // The start of the part that is not copied yet.
    let (mut start, mut at) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_text(bytes, at + 1),
            b' ' | b'\t' | b'\n' | b'\r' => {
                if kept.capacity() == 0 {
                    kept.reserve(json.len());
                }
                kept.push_str(&json[start..at]);
                at += 1;
                start = at;
            }
            _ => at += 1,
        }
    }
    if start == 0 {
        return Cow::Borrowed(json);
    }
    kept.push_str(&json[start..]);
    Cow::Owned(kept)
}

/// Returns the place after the quotation mark that ends a text in JSON.
fn end_of_text(json: &[u8], mut at: usize) -> usize {
    while let Some(found) = memchr2(b'"', b'\\', json.get(at..).unwrap_or_default()) {
        at += found + 1;
        if json[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::compact;

    #[test]
    fn white_space_between_the_parts_of_json_is_left_out() {
        for (json, expected) in [
            ("{\"a\":1}", "{\"a\":1}"),
            ("{ \"a b\" :\n\t[1, 2] }", "{\"a b\":[1,2]}"),
            (" {}", "{}"),
            ("{} ", "{}"),
            (r#"{ "a\" b" : "c\\" , "d" : " " }"#, r#"{"a\" b":"c\\","d":" "}"#),
        ] {
            assert_eq!(compact(json), expected);
        }
    }
}
