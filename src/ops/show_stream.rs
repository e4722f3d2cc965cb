//! One stream in a few numbers.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::event::EventView;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::near::no_stream;
use crate::store::ReadQuery;
use crate::store::SnapshotInfo;
use crate::store::SnapshotQuery;
use crate::store::Store;

/// One end of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StreamEnd {
    /// Its place in the stream.
    pub version: Version,
    /// Its place in the store.
    pub position: Position,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: String,
    /// When.
    pub recorded_at: Timestamp,
}

/// One stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StreamReport {
    /// Its name.
    pub stream: StreamName,
    /// Its category.
    pub category: String,
    /// Its version: its number of events.
    pub version: Version,
    /// Its first event.
    pub first_event: StreamEnd,
    /// Its last event.
    pub last_event: StreamEnd,
    /// How many events of each type.
    pub types: BTreeMap<String, u64>,
    /// Bytes of data and metadata.
    pub size_bytes: u64,
    /// Its newest snapshot.
    pub snapshot: Option<SnapshotInfo>,
    /// Whether its events have been moved to an archive.
    pub archived: bool,
}

fn end(event: &EventView<'_>) -> StreamEnd {
    StreamEnd {
        version: event.version,
        position: event.position,
        event_type: event.event_type.to_owned(),
        recorded_at: event.recorded_at,
    }
}

/// Looks at a whole stream.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream, or as the store says.
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
        archived: false,
        stream,
    })
}
