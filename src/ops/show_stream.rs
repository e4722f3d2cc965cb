//! Numbers of a stream.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::event::EventView;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::not_found::no_stream;
use crate::store::ReadQuery;
use crate::store::SnapshotInfo;
use crate::store::SnapshotQuery;
use crate::store::Store;

/// The first or last event of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StreamEnd {
    /// The version of the event.
    pub version: Version,
    /// The position of the event.
    pub position: Position,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The time that the store gave the event.
    pub recorded_at: Timestamp,
}

/// The numbers of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StreamReport {
    /// The name of the stream.
    pub stream: StreamName,
    /// The category of the stream.
    pub category: String,
    /// The version, which is the number of events.
    pub version: Version,
    /// The first event.
    pub first_event: StreamEnd,
    /// The last event.
    pub last_event: StreamEnd,
    /// The number of events of each type.
    pub types: BTreeMap<String, u64>,
    /// The bytes of data and metadata.
    pub size_bytes: u64,
    /// The newest snapshot.
    pub snapshot: Option<SnapshotInfo>,
    /// True if the events were moved to an archive; none for a store of another program.
    pub archived: Option<bool>,
}

fn end(event: &EventView<'_>) -> StreamEnd {
    StreamEnd {
        version: event.version,
        position: event.position,
        event_type: event.event_type.to_owned(),
        recorded_at: event.recorded_at,
    }
}

/// Reads a whole stream and counts.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream.
pub async fn show_stream(store: &Store, stream: StreamName) -> Result<StreamReport, OpsError> {
    let mut types: BTreeMap<String, u64> = BTreeMap::new();
    let (mut first, mut last, mut size_bytes) = (None, None, 0);
    let mut scan = store.scan(ReadQuery::stream(stream.clone()));
    while let Some(chunk) = scan.next().await? {
        for event in chunk.iter() {
            size_bytes += (event.data.len() + event.metadata.len()) as u64;
            match types.get_mut(event.event_type) {
                Some(count) => *count += 1,
                None => drop(types.insert(event.event_type.to_owned(), 1)),
            }
        }
        first = first.or_else(|| chunk.get(0).map(|event| end(&event)));
        last = chunk.last().map(|event| end(&event));
    }
    let (Some(first_event), Some(last_event)) = (first, last) else {
        return Err(no_stream(store, &stream).await);
    };
    let snapshots = store.snapshots(SnapshotQuery { stream: Some(stream.clone()), after: None, limit: usize::MAX >> 1 }).await?;
    Ok(StreamReport {
        category: stream.category().to_owned(),
        version: last_event.version,
        first_event,
        last_event,
        types,
        size_bytes,
        snapshot: snapshots.into_iter().max_by_key(|snapshot| snapshot.version),
        archived: store.abilities().writes.then_some(false),
        stream,
    })
}
