//! Recorded events in one flat, reusable buffer, without an allocation for each event.

use uuid::Uuid;

use crate::event::envelope::EventView;
use crate::event::hash::Hash;
use crate::event::time::Timestamp;
use crate::event::version::Position;
use crate::event::version::Version;

/// Recorded events of one read. All their texts are in one string.
#[derive(Debug, Default, Clone)]
pub struct EventChunk {
    text: String,
    rows: Vec<Row>,
    /// The recorded content hashes of events whose payload was erased or archived, by index, in ascending order. Mostly
    /// empty.
    kept: Vec<(usize, Hash)>,
    /// The indexes of quarantined events, in ascending order. Mostly empty.
    quarantined: Vec<usize>,
    /// The lengths of the sources of events of other programs, by index, in ascending order. Empty in a store of esctl.
    sources: Vec<(usize, usize)>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    position: Position,
    version: Version,
    recorded_at: Timestamp,
    event_id: Uuid,
    hash: Hash,
    schema_version: u32,
    start: usize,
    stream_bytes: u32,
    type_bytes: u32,
    data_bytes: u32,
    metadata_bytes: u32,
}

impl EventChunk {
    /// Removes all events and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.rows.clear();
        self.kept.clear();
        self.quarantined.clear();
        self.sources.clear();
    }

    /// Returns the number of events.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns true if there are no events.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the size of all texts in bytes.
    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// Keeps the first `count` events.
    pub fn truncate(&mut self, count: usize) {
        if let Some(first_dropped) = self.rows.get(count) {
            self.text.truncate(first_dropped.start);
        }
        self.rows.truncate(count);
        self.kept.retain(|(index, _)| *index < count);
        self.quarantined.retain(|index| *index < count);
        self.sources.retain(|(index, _)| *index < count);
    }

    /// Marks the quarantined events.
    pub fn mark_quarantined(&mut self, quarantined: impl Fn(Uuid) -> bool) {
        let marked = self.rows.iter().enumerate().filter(|(_, row)| quarantined(row.event_id));
        self.quarantined = marked.map(|(index, _)| index).collect();
    }

    /// Appends a copy of an event.
    pub fn push(&mut self, event: &EventView<'_>) {
        let start = self.text.len();
        self.quarantined.extend(event.quarantined.then_some(self.rows.len()));
        self.kept.extend(event.kept_content.map(|content| (self.rows.len(), content)));
        // Each text is far smaller than 4 GiB: names are limited, and no backend stores larger values.
        let mut add = |text: &str| {
            self.text.push_str(text);
            text.len() as u32
        };
        self.rows.push(Row {
            position: event.position,
            version: event.version,
            recorded_at: event.recorded_at,
            event_id: event.event_id,
            hash: event.hash,
            schema_version: event.schema_version,
            start,
            stream_bytes: add(event.stream),
            type_bytes: add(event.event_type),
            data_bytes: add(event.data),
            metadata_bytes: add(event.metadata),
        });
        if let Some(source) = event.source {
            self.sources.push((self.rows.len() - 1, source.len()));
            self.text.push_str(source);
        }
    }

    /// Returns the event at an index, from 0.
    pub fn get(&self, index: usize) -> Option<EventView<'_>> {
        self.rows.get(index).map(|row| self.view(index, row))
    }

    /// Returns the last event.
    pub fn last(&self) -> Option<EventView<'_>> {
        self.get(self.rows.len().checked_sub(1)?)
    }

    /// Iterates over the events in the order in which they were read.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = EventView<'_>> + DoubleEndedIterator {
        self.rows.iter().enumerate().map(|(index, row)| self.view(index, row))
    }

    fn kept_content(&self, index: usize) -> Option<Hash> {
        let found = self.kept.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        self.kept.get(found).map(|(_, content)| *content)
    }

    /// Returns the source of an event, which is after its metadata.
    fn source(&self, index: usize, start: usize) -> Option<&str> {
        let found = self.sources.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        self.sources.get(found).and_then(|(_, length)| self.text.get(start..start + length))
    }

    fn view(&self, index: usize, row: &Row) -> EventView<'_> {
        let stream_end = row.start + row.stream_bytes as usize;
        let type_end = stream_end + row.type_bytes as usize;
        let data_end = type_end + row.data_bytes as usize;
        let metadata_end = data_end + row.metadata_bytes as usize;
        EventView {
            position: row.position,
            event_id: row.event_id,
            stream: &self.text[row.start..stream_end],
            version: row.version,
            event_type: &self.text[stream_end..type_end],
            schema_version: row.schema_version,
            recorded_at: row.recorded_at,
            data: &self.text[type_end..data_end],
            metadata: &self.text[data_end..metadata_end],
            hash: row.hash,
            kept_content: self.kept_content(index),
            quarantined: self.quarantined.binary_search(&index).is_ok(),
            source: self.source(index, metadata_end),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::EventChunk;
    use crate::event::envelope::EventView;
    use crate::event::hash::Hash;
    use crate::event::time::Timestamp;
    use crate::event::version::Position;
    use crate::event::version::Version;

    #[test]
    fn an_event_keeps_its_source_beside_events_without_one() {
        let mut chunk = EventChunk::default();
        let sources = [None, Some("{\"a\":1}"), Some("{}"), None, Some("{\"b\":2}")];
        for (number, source) in (1..).zip(sources) {
            chunk.push(&EventView {
                position: Position(number),
                event_id: Uuid::nil(),
                stream: "a",
                version: Version(number),
                event_type: "t",
                schema_version: 1,
                recorded_at: Timestamp::NONE,
                data: "{\"n\":1}",
                metadata: "{}",
                hash: Hash::ZERO,
                kept_content: None,
                quarantined: false,
                source,
            });
        }
        let shown = |chunk: &EventChunk| chunk.iter().map(|event| event.source.map(str::to_owned)).collect::<Vec<_>>();
        let expected = sources.map(|source| source.map(str::to_owned));
        assert_eq!(shown(&chunk), expected);
        assert!(chunk.iter().all(|event| (event.data, event.metadata) == ("{\"n\":1}", "{}")));
        chunk.truncate(2);
        assert_eq!(shown(&chunk), expected[..2]);
    }
}
