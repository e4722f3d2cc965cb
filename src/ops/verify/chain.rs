//! Verification of the hash chain: each event against the one before it, and each id against its event.

use std::collections::BTreeMap;
use std::collections::HashMap;

use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::EventView;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::chain_hash;
use crate::ops::error::OpsError;
use crate::ops::not_found::no_stream;
use crate::ops::verify::report::VerifyReport;
use crate::store::Head;
use crate::store::ReadQuery;
use crate::store::Scan;
use crate::store::Store;
use crate::store::StoreError;

/// The last event that was checked.
#[derive(Default)]
pub(super) struct Chain {
    pub(super) last: Head,
}

impl Chain {
    /// Checks an event against the one before it.
    pub(super) fn link(&mut self, event: &EventView<'_>, report: &mut VerifyReport) {
        if let Some(reason) = fault(self.last, event) {
            report.add(reason.kind, Some(event.position), reason.message);
        }
        self.last = head_of(event);
    }
}

fn head_of(event: &EventView<'_>) -> Head {
    Head { position: event.position, recorded_at: event.recorded_at, hash: event.hash }
}

/// A fault of an event in the chain.
struct ChainFault {
    kind: &'static str,
    message: String,
}

impl ChainFault {
    /// Returns the message with the position of the event.
    fn at(&self, position: Position) -> String {
        format!("position {position}: {}", self.message)
    }
}

/// Compares an event with the one right before it.
fn fault(before: Head, event: &EventView<'_>) -> Option<ChainFault> {
    let hash = chain_hash(before.hash, event.position, event.version, event.recorded_at, event.content_hash());
    if hash != event.hash {
        let message = format!("event {} of stream {} differs from what was recorded: wrong hash", event.version, event.stream);
        return Some(ChainFault { kind: "hash", message });
    }
    if event.kept_content.is_some() {
        let message = format!(
            "event {} of stream {} has a kept content hash, but no recorded erasure of its payload",
            event.version, event.stream
        );
        return Some(ChainFault { kind: "content_hash", message });
    }
    if event.recorded_at <= before.recorded_at && event.position > Position(1) {
        let message = format!("recorded at {}, not after the event before it", event.recorded_at);
        return Some(ChainFault { kind: "time", message });
    }
    None
}

/// Checks that each id of a chunk leads to its event and to no other.
pub(super) async fn check_ids(store: &Store, chunk: &EventChunk, report: &mut VerifyReport) -> Result<(), StoreError> {
    let by_id: HashMap<Uuid, Position> = chunk.iter().map(|event| (event.event_id, event.position)).collect();
    let known = store.events_by_id(chunk.iter().map(|event| event.event_id).collect()).await?;
    let found: HashMap<Uuid, Position> = known.into_iter().map(|event| (event.event_id, event.position)).collect();
    for event in chunk.iter() {
        let leads_to = found.get(&event.event_id);
        if leads_to != Some(&event.position) || by_id.get(&event.event_id) != Some(&event.position) {
            let elsewhere = leads_to.map_or_else(|| "nowhere".to_owned(), |position| format!("to position {position}"));
            report.add("id", Some(event.position), format!("event id {} leads {elsewhere}", event.event_id));
        }
    }
    Ok(())
}

/// Checks that a stream has an event, regardless of the head of the store.
pub(super) async fn must_have_events(store: &Store, stream: &StreamName) -> Result<(), OpsError> {
    match store.first(ReadQuery::stream(stream.clone()).beyond_head()).await {
        Ok(None) => Err(no_stream(store, stream).await),
        // The check of the events reports an unreadable one.
        Ok(Some(_)) | Err(StoreError::Integrity { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The events of a stream, each checked against the event right before it in the store.
pub(super) struct StreamLinks {
    store: Store,
    scan: Scan,
    last: Head,
}

impl StreamLinks {
    /// Begins with the first event of a stream.
    pub(super) fn open(store: &Store, stream: &StreamName) -> Self {
        let scan = store.scan(ReadQuery::stream(stream.clone()).beyond_head());
        Self { store: store.clone(), scan, last: Head::default() }
    }

    /// Checks the next events and passes faults to `found`. Returns the number of events; none after the last.
    async fn next_checked(
        &mut self,
        found: &mut (dyn FnMut(&EventView<'_>, ChainFault) + Send),
    ) -> Result<Option<u64>, StoreError> {
        let Some(chunk) = self.scan.next().await? else { return Ok(None) };
        for event in chunk.iter() {
            let before = Position(event.position.0.saturating_sub(1));
            if self.last.position != before {
                self.last = head_at(&self.store, before).await?.unwrap_or_default();
            }
            let missing = self.last.position != before;
            match fault(self.last, &event) {
                _ if missing => {
                    let message = "the position before it is missing".to_owned();
                    found(&event, ChainFault { kind: "gap", message });
                }
                Some(fault) => found(&event, fault),
                None => {}
            }
            self.last = head_of(&event);
        }
        Ok(Some(chunk.len() as u64))
    }

    /// Checks the next events and adds faults to the report. Returns the number of events; none after the last.
    pub(super) async fn next(&mut self, report: &mut VerifyReport) -> Result<Option<u64>, OpsError> {
        let mut add = |event: &EventView<'_>, fault: ChainFault| report.add(fault.kind, Some(event.position), fault.message);
        let checked = self.next_checked(&mut add).await?;
        if checked.is_some() {
            check_ids(&self.store, self.scan.current(), report).await?;
        }
        Ok(checked)
    }
}

async fn head_at(store: &Store, position: Position) -> Result<Option<Head>, StoreError> {
    if position == Position::ZERO {
        return Ok(None);
    }
    let event = store.first(ReadQuery::all().beyond_head().from(position.0).to(position.0)).await?;
    Ok(event.map(|event| head_of(&event.view())))
}

/// The share of a stream in the store, as one of this many events, from which the whole store is read. For a smaller stream the events
/// before each of its events are looked up.
const READ_ALL_FROM: u64 = 50;
/// Maximum number of broken streams that are returned.
const MAX_STREAMS: usize = 1000;

/// Checks that every event of a stream equals what was recorded.
///
/// # Errors
/// [`StoreError::Integrity`] for the first one that differs, or if the store does not end at its head.
pub(crate) async fn must_be_recorded(store: &Store, stream: &StreamName) -> Result<(), StoreError> {
    let head = store.head().await?.position;
    let version = store.stream_version(stream.clone()).await?;
    if version.0.saturating_mul(READ_ALL_FROM) > head.0 {
        let broken = broken_streams(store, |event| event.stream == stream.as_str()).await?;
        return broken.into_values().next().map_or(Ok(()), |message| Err(StoreError::integrity(message)));
    }
    let mut links = StreamLinks::open(store, stream);
    let mut first = None;
    while first.is_none() {
        let mut note = |event: &EventView<'_>, fault: ChainFault| {
            first.get_or_insert_with(|| fault.at(event.position));
        };
        if links.next_checked(&mut note).await?.is_none() {
            return Ok(());
        }
    }
    first.map_or(Ok(()), |message| Err(StoreError::integrity(message)))
}

/// Reads the whole store and returns the streams with a damaged event that matches `wanted`, each with a message on the first one.
///
/// # Errors
/// [`StoreError::Integrity`] if positions are missing or the store does not end at its head.
pub(crate) async fn broken_streams(
    store: &Store,
    mut wanted: impl FnMut(&EventView<'_>) -> bool + Send,
) -> Result<BTreeMap<String, String>, StoreError> {
    let head = store.head().await?.position;
    let (mut last, mut broken) = (Head::default(), BTreeMap::new());
    let mut scan = store.scan(ReadQuery::all().to(head.0));
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            if wanted(&event)
                && broken.len() < MAX_STREAMS
                && let Some(fault) = fault(last, &event)
            {
                broken.entry(event.stream.to_owned()).or_insert_with(|| fault.at(event.position));
            }
            last = head_of(&event);
        }
    }
    Ok(broken)
}
