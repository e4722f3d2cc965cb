//! A screenful of events anywhere in a stream or in the store, each in a line.

use serde::Serialize;

use crate::event::EventView;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::near::no_stream;
use crate::store::ReadQuery;
use crate::store::Store;

/// Characters of its data that a line has of an event.
const EXCERPT: usize = 200;

/// Which events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowseEvents {
    /// Of this stream; none: of all.
    pub stream: Option<StreamName>,
    /// From this version (of a stream) or position (of all) on; none: the last ones.
    pub from: Option<u64>,
    /// At most so many.
    pub limit: u64,
}

/// An event in a line: however large it is, this is small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventLine {
    /// Its place in the store.
    pub position: Position,
    /// Its stream.
    pub stream: String,
    /// Its place in its stream.
    pub version: Version,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: String,
    /// When.
    pub recorded_at: Timestamp,
    /// How its data begins.
    pub excerpt: String,
}

/// Events that follow one another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventsPage {
    /// The version or position of the first of them.
    pub from: u64,
    /// The highest version or position there was.
    pub last: u64,
    /// The events.
    pub items: Vec<EventLine>,
}

/// Reads some events.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream, or as the store says.
pub async fn browse_events(store: &Store, input: &BrowseEvents) -> Result<EventsPage, OpsError> {
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
    Ok(EventsPage { from, last, items })
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
