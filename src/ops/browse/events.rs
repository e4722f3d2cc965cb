//! Browsing events: a screenful from anywhere in a stream or in the store, one line each.

use serde::Serialize;

use crate::event::EventView;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::not_found::no_stream;
use crate::store::ReadQuery;
use crate::store::Store;

/// Maximum number of characters of an event's data in a line.
const EXCERPT: usize = 200;

/// The input of a browse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowseEvents {
    /// The stream; none: all streams.
    pub stream: Option<StreamName>,
    /// The first version (of a stream) or position (of all); none: the last events.
    pub from: Option<u64>,
    /// Maximum number of events.
    pub limit: u64,
}

/// An event in one short line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventLine {
    /// The position of the event.
    pub position: Position,
    /// The stream of the event.
    pub stream: String,
    /// The version of the event.
    pub version: Version,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The time that the store gave the event.
    pub recorded_at: Timestamp,
    /// The beginning of the data.
    pub excerpt: String,
}

/// Consecutive events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventLines {
    /// The version or position of the first event.
    pub from: u64,
    /// The highest version or position at the time of reading.
    pub last: u64,
    /// The events.
    pub items: Vec<EventLine>,
}

/// Reads a screenful of events.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream.
pub async fn browse_events(store: &Store, input: &BrowseEvents) -> Result<EventLines, OpsError> {
    let (query, last) = match &input.stream {
        None => (ReadQuery::all(), store.head().await?.position.0),
        Some(stream) => match store.stream_version(stream.clone()).await? {
            Version::ZERO => return Err(no_stream(store, stream).await),
            Version(last) => (ReadQuery::stream(stream.clone()), last),
        },
    };
    let from = input.from.unwrap_or_else(|| last.saturating_sub(input.limit.saturating_sub(1))).max(1);
    let to = from.saturating_add(input.limit.saturating_sub(1)).min(last);
    let mut items = Vec::new();
    if from <= to {
        let mut scan = store.scan(query.from(from).to(to));
        while let Some(chunk) = scan.next().await? {
            items.extend(chunk.iter().map(|event| line(&event)));
        }
    }
    Ok(EventLines { from, last, items })
}

fn line(event: &EventView<'_>) -> EventLine {
    let end = event.data.char_indices().nth(EXCERPT).map_or(event.data.len(), |(end, _)| end);
    EventLine {
        position: event.position,
        stream: event.stream.to_owned(),
        version: event.version,
        event_type: event.event_type.to_owned(),
        recorded_at: event.recorded_at,
        excerpt: event.data[..end].to_owned(),
    }
}
