//! The events of the source of a copy, in the order of their positions; without positions, in the order of time, stream and version.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::EventView;
use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::copy_events::input::CopyEvents;
use crate::ops::error::OpsError;
use crate::store::ReadQuery;
use crate::store::RowSpill;
use crate::store::Scan;
use crate::store::Store;
use crate::store::StoreError;

/// The number of events in a chunk of sorted events, and their size in bytes.
const CHUNK_EVENTS: usize = 1000;
const CHUNK_BYTES: usize = 16 << 20;

/// The events of the source.
pub(super) struct SourceEvents {
    store: Store,
    /// The queries that have not begun yet.
    queries: VecDeque<ReadQuery>,
    scan: Option<Scan>,
    /// The sorted events, if the queries do not give the order.
    sorted: Option<SortedEvents>,
}

impl SourceEvents {
    /// Returns the events in the order of a copy. Where the source does not have the order, they are sorted through a temporary file.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the temporary file cannot be written; damage of the source that must be sorted.
    pub(super) async fn in_order(
        store: &Store,
        input: &CopyEvents,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Self, OpsError> {
        let mut events = Self::names(store, input);
        let is_ordered = events.queries.len() == 1 && (!input.streams.is_empty() || store.has_order().await?);
        if !is_ordered {
            events.sort(progress).await?;
        }
        Ok(events)
    }

    /// Returns the events in any order.
    pub(super) fn names(store: &Store, input: &CopyEvents) -> Self {
        let of_streams = input.streams.iter().map(|stream: &StreamName| ReadQuery::stream(stream.clone()));
        let mut queries: VecDeque<ReadQuery> = of_streams.collect();
        if queries.is_empty() {
            queries.push_back(ReadQuery::all().categories(input.categories.clone()));
        }
        Self { store: store.clone(), queries, scan: None, sorted: None }
    }

    /// Returns the next events; `None` after the last.
    ///
    /// # Errors
    /// Damage of the source. The events before it were returned.
    pub(super) async fn next(&mut self) -> Result<Option<&EventChunk>, OpsError> {
        if let Some(sorted) = &mut self.sorted {
            return sorted.next();
        }
        loop {
            if self.scan.is_none() {
                let Some(query) = self.queries.pop_front() else { return Ok(None) };
                self.scan = Some(self.store.scan(query));
            }
            let Some(scan) = &mut self.scan else { return Ok(None) };
            if scan.next().await?.is_some() {
                break;
            }
            self.scan = None;
        }
        Ok(self.scan.as_ref().map(Scan::current))
    }

    async fn sort(&mut self, progress: &mut (dyn FnMut(u64) + Send)) -> Result<(), OpsError> {
        let mut sorted = SortedEvents::create()?;
        while let Some(chunk) = self.next().await? {
            sorted.add(chunk)?;
            progress(chunk.len() as u64);
        }
        self.sorted = Some(sorted);
        Ok(())
    }
}

/// Events in a temporary file, in the order of their keys.
struct SortedEvents {
    spill: RowSpill,
    /// The stream of the last event, and the latest time in it so far.
    last: (String, Timestamp),
    /// The number of added events. It makes each key unique.
    added: u64,
    /// The key of the last event that was returned.
    key: Option<String>,
    chunk: EventChunk,
}

impl SortedEvents {
    fn create() -> Result<Self, StoreError> {
        let (last, added, key, chunk) = Default::default();
        Ok(Self { spill: RowSpill::create()?, last, added, key, chunk })
    }

    /// Adds events. Those of one stream must come in the order of their versions.
    fn add(&mut self, chunk: &EventChunk) -> Result<(), OpsError> {
        let mut rows = Vec::with_capacity(chunk.len());
        for event in chunk.iter() {
            let row = serde_json::to_string(&event).map_err(|error| StoreError::integrity(error.to_string()))?;
            rows.push((self.key_of(&event), row));
        }
        Ok(self.spill.put(rows.iter().map(|(key, row)| (key.as_str(), row.as_str())))?)
    }

    /// Returns the key of an event: its position, or a time that does not go back in its stream.
    fn key_of(&mut self, event: &EventView<'_>) -> String {
        if self.last.0 != event.stream {
            self.last = (event.stream.to_owned(), Timestamp::MIN);
        }
        self.last.1 = self.last.1.max(event.recorded_at);
        self.added += 1;
        let (time, version, added) = (self.last.1.micros(), event.version.0, self.added);
        match event.position.is_some() {
            true => format!("{:020}{added:020}", event.position.0),
            false => format!("{time:020}{}\u{1}{version:020}{added:020}", event.stream),
        }
    }

    fn next(&mut self) -> Result<Option<&EventChunk>, OpsError> {
        let rows = self.spill.after(self.key.as_deref(), CHUNK_EVENTS, CHUNK_BYTES)?;
        self.chunk.clear();
        for (_, row) in &rows {
            let lost = |error: serde_json::Error| StoreError::Bug(format!("an event of the temporary file is lost: {error}"));
            let row: SortedEvent<'_> = serde_json::from_str(row).map_err(lost)?;
            self.chunk.push(&row.view());
        }
        self.key = rows.into_iter().next_back().map(|(key, _)| key);
        Ok((!self.chunk.is_empty()).then_some(&self.chunk))
    }
}

/// An event in the temporary file: the event JSON of the command line.
#[derive(Deserialize)]
struct SortedEvent<'a> {
    position: Option<u64>,
    event_id: Uuid,
    stream: Option<String>,
    version: Option<u64>,
    #[serde(rename = "type")]
    event_type: String,
    schema_version: Option<u32>,
    recorded_at: Option<Timestamp>,
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(borrow)]
    metadata: &'a RawValue,
    #[serde(default)]
    quarantined: bool,
    #[serde(borrow, default)]
    source: Option<&'a RawValue>,
}

impl SortedEvent<'_> {
    fn view(&self) -> EventView<'_> {
        EventView {
            position: self.position.map_or(Position::NONE, Position),
            event_id: self.event_id,
            stream: self.stream.as_deref().unwrap_or_default(),
            version: self.version.map_or(Version::NONE, Version),
            event_type: &self.event_type,
            schema_version: self.schema_version.unwrap_or(1),
            recorded_at: self.recorded_at.unwrap_or(Timestamp::NONE),
            data: self.data.get(),
            metadata: self.metadata.get(),
            hash: Hash::ZERO,
            kept_content: None,
            quarantined: self.quarantined,
            source: self.source.map(RawValue::get),
        }
    }
}
