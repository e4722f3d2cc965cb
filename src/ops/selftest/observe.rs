//! The end of a selftest: reads the whole store, parts of it in another way, and the read model.

use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;

use crate::event::EventView;
use crate::event::Position;
use crate::event::StreamName;
use crate::ops::error::OpsError;
use crate::ops::pages::Pages;
use crate::ops::selftest::history::Reread;
use crate::ops::selftest::history::SelftestHistory;
use crate::ops::selftest::history::StoredEvent;
use crate::ops::selftest::trail;
use crate::store::ReadModel;
use crate::store::ReadQuery;
use crate::store::RowQuery;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::StreamQuery;

/// The number of streams that are read in another way.
const REREAD_STREAMS: usize = 24;
/// Maximum number of events after a hole that are read one by one.
const MAX_SINGLY: usize = 20_000;

/// Records the content of the store. Faults of the events are recorded, and are not errors.
pub async fn observe(store: &Store, history: &mut SelftestHistory) -> Result<(), OpsError> {
    everything(store, history).await?;
    history.head = store.head().await?;
    streams(store, history).await?;
    for (stream, from, to, backwards) in ways(history) {
        history.rereads.push(read_again(store, stream, from, to, backwards).await?);
    }
    let mut rows = Pages::of(store, RowQuery { name: trail::NAME.into(), ..RowQuery::default() });
    while let Some(row) = rows.next().await? {
        history.rows.push(row);
    }
    let records = store.projections().await?;
    let live = records.into_iter().find(|record| record.model == ReadModel::live(trail::NAME));
    history.checkpoint = live.map(|record| record.checkpoint);
    Ok(())
}

async fn everything(store: &Store, history: &mut SelftestHistory) -> Result<(), OpsError> {
    let mut names = StreamNames::default();
    let mut scan = store.scan(ReadQuery::all());
    let damage = loop {
        match scan.next().await {
            Ok(Some(chunk)) => history.events.extend(chunk.iter().map(|event| names.recorded(&event))),
            Ok(None) => return Ok(()),
            Err(StoreError::Integrity { message, .. }) => break message,
            Err(error) => return Err(error.into()),
        }
    };
    history.damage.push(damage);
    // Events after a hole are read one by one.
    let from = history.events.last().map_or(1, |last| last.position.0 + 1);
    let head = store.head().await?.position.0;
    for position in (from..=head).take(MAX_SINGLY) {
        match store.event_at(Position(position)).await {
            Ok(event) => history.events.extend(event.map(|event| names.recorded(&event.view()))),
            Err(StoreError::Integrity { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The names of streams, each kept once.
#[derive(Default)]
struct StreamNames(HashSet<Arc<str>>);

impl StreamNames {
    fn recorded(&mut self, event: &EventView<'_>) -> StoredEvent {
        let stream = self.0.get(event.stream).map_or_else(|| event.stream.into(), Arc::clone);
        self.0.insert(Arc::clone(&stream));
        StoredEvent {
            position: event.position,
            event_id: event.event_id,
            stream,
            version: event.version,
            recorded_at: event.recorded_at,
            content: event.content_hash(),
            hash: event.hash,
        }
    }
}

async fn streams(store: &Store, history: &mut SelftestHistory) -> Result<(), OpsError> {
    let mut streams = Pages::of(store, StreamQuery::default());
    while let Some(info) = streams.next().await? {
        history.streams.push((info.stream, info.version, info.last_position));
    }
    Ok(())
}

/// Returns the parts to read again, each as (stream, lowest, highest, backwards).
fn ways(history: &SelftestHistory) -> Vec<(Option<Arc<str>>, u64, u64, bool)> {
    let head = history.head.position.0;
    let mut ways = vec![(None, 1, head, true), (None, head / 3 + 1, head, false), (None, 1, head / 2, true)];
    let mut names: Vec<(u64, Arc<str>)> =
        history.streams.iter().map(|(name, version, _)| (version.0, name.as_str().into())).collect();
    names.sort_by(|a, b| b.cmp(a));
    for (version, name) in names.into_iter().take(REREAD_STREAMS) {
        let middle = version / 2 + 1;
        ways.push((Some(Arc::clone(&name)), 1, version, false));
        ways.push((Some(Arc::clone(&name)), 1, version, true));
        ways.push((Some(Arc::clone(&name)), middle, version, false));
        ways.push((Some(name), 1, middle, true));
    }
    ways
}

async fn read_again(store: &Store, stream: Option<Arc<str>>, from: u64, to: u64, backwards: bool) -> Result<Reread, OpsError> {
    let query = match &stream {
        None => ReadQuery::all(),
        Some(stream) => ReadQuery::stream(StreamName::parse(stream)?),
    };
    let query = query.from(from).to(to);
    let mut scan = store.scan(if backwards { query.backwards() } else { query });
    let mut found: Vec<(Position, Uuid)> = Vec::new();
    let damage = loop {
        match scan.next().await {
            Ok(Some(chunk)) => found.extend(chunk.iter().map(|event| (event.position, event.event_id))),
            Ok(None) => break None,
            Err(StoreError::Integrity { message, .. }) => break Some(message),
            Err(error) => return Err(error.into()),
        }
    };
    Ok(Reread { stream, from, to, backwards, found, damage })
}
