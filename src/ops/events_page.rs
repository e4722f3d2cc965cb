//! Pages of events of a stream or of the whole store, in either direction, limited in number and bytes.

use crate::event::EventView;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::cursor::check_cursor;
use crate::ops::error::OpsError;
use crate::ops::not_found::no_stream;
use crate::store::ReadQuery;
use crate::store::ReadSource;
use crate::store::Store;
use crate::store::StoreError;

/// The number of bytes of data and metadata after which a page ends.
const PAGE_BYTES: usize = 4 << 20;

/// The input of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsAfter {
    /// A stream, with versions as places, or the whole store, with positions as places.
    pub source: ReadSource,
    /// The place after which the page begins, in the direction of reading; none: the end at which reading begins.
    pub after: Option<u64>,
    /// Maximum number of events.
    pub limit: u64,
    /// True to read from the last event to the first.
    pub backwards: bool,
}

/// Consecutive events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsPage<T> {
    /// The last place at the time of reading.
    pub last: u64,
    /// The events.
    pub items: Vec<T>,
    /// The place of the last event, if more follow.
    pub next: Option<u64>,
}

/// Reads a page. `show` converts each event.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream; [`OpsError::CursorBeyondEnd`] when `after` is beyond the end; errors of
/// `show`.
pub async fn events_page<T: Send>(
    store: &Store,
    input: &EventsAfter,
    mut show: impl FnMut(&EventView<'_>) -> Result<T, OpsError> + Send,
) -> Result<EventsPage<T>, OpsError> {
    let last = match &input.source {
        ReadSource::All => store.head().await?.position.0,
        ReadSource::Stream(stream) => match store.stream_version(stream.clone()).await? {
            Version::ZERO => return Err(no_stream(store, stream).await),
            Version(last) => last,
        },
    };
    if let Some(after) = input.after {
        check_cursor(store, &input.source, after, last).await?;
    }
    let mut page = EventsPage { last, items: Vec::new(), next: None };
    let query = ReadQuery { source: input.source.clone(), ..ReadQuery::all() };
    let query = match (input.backwards, input.after) {
        // No event comes before the first one.
        (true, Some(0 | 1)) => return Ok(page),
        (true, Some(after)) => query.backwards().to(after - 1),
        (true, None) => query.backwards(),
        (false, Some(after)) if after >= last => return Ok(page),
        (false, after) => query.from(after.unwrap_or(0) + 1),
    };
    // One event more shows if there are more.
    let mut scan = store.scan_limited(query, input.limit.saturating_add(1));
    let (mut bytes, mut reached) = (0, None);
    loop {
        let chunk = match scan.next().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            // The events before the damage are a page. The next page fails.
            Err(StoreError::Integrity { .. }) if reached.is_some() => {
                page.next = reached;
                break;
            }
            Err(error) => return Err(error.into()),
        };
        for event in chunk.iter() {
            if page.items.len() as u64 >= input.limit || bytes > PAGE_BYTES {
                page.next = reached;
                return Ok(page);
            }
            bytes += event.data.len() + event.metadata.len();
            page.items.push(show(&event)?);
            reached = Some(match &input.source {
                ReadSource::All => event.position.0,
                ReadSource::Stream(_) => event.version.0,
            });
        }
    }
    Ok(page)
}

/// Reads the events after a version that a client has seen; 0: all events. The limits of a page apply.
///
/// # Errors
/// Those of [`events_page`].
pub async fn missing_events<T: Send>(
    store: &Store,
    stream: &StreamName,
    after: Version,
    limit: u64,
    show: impl FnMut(&EventView<'_>) -> Result<T, OpsError> + Send,
) -> Result<EventsPage<T>, OpsError> {
    let input = EventsAfter { source: ReadSource::Stream(stream.clone()), after: Some(after.0), limit, backwards: false };
    events_page(store, &input, show).await
}
