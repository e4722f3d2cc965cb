//! Reading any number of events in chunks, in memory that does not grow: the next chunk is read while
//! this one is worked on, and a place that is missing is found out, never passed over.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use crate::event::EventChunk;
use crate::event::EventView;
use crate::store::backend::Answer;
use crate::store::backend::Backend;
use crate::store::deadline::within;
use crate::store::error::StoreError;
use crate::store::read::LAST_PLACE;
use crate::store::read::Page;
use crate::store::read::ReadQuery;
use crate::store::read::Source;

/// Events in a chunk: enough that what a chunk costs does not show, few enough to stay in the cache.
const CHUNK_EVENTS: usize = 1000;

/// A reading under way.
pub struct Scan {
    backend: Arc<dyn Backend>,
    timeout: Duration,
    query: ReadQuery,
    left: u64,
    ahead: Option<Answer<Page>>,
    chunk: EventChunk,
}

impl Scan {
    pub(crate) fn new(backend: Arc<dyn Backend>, timeout: Duration, mut query: ReadQuery, limit: Option<u64>) -> Self {
        query.from = query.from.clamp(1, LAST_PLACE);
        query.to = query.to.min(LAST_PLACE);
        let left = limit.unwrap_or(u64::MAX);
        let mut scan = Self { backend, timeout, query, left, ahead: None, chunk: EventChunk::default() };
        scan.read_ahead(EventChunk::default());
        scan
    }

    /// The next events; `None` after the last.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when a place is missing, and whatever the backend says.
    pub async fn next(&mut self) -> Result<Option<&EventChunk>, StoreError> {
        while let Some(answer) = self.ahead.take() {
            let mut page = within(&*self.backend, self.timeout, answer).await?;
            self.check(&page)?;
            let spare = mem::take(&mut self.chunk);
            let got = page.events.len() as u64;
            if got > self.left {
                page.events.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            }
            self.left -= got.min(self.left);
            if !page.end {
                self.go_on_after(page.last);
                self.read_ahead(spare);
            }
            self.chunk = page.events;
            if !self.chunk.is_empty() {
                return Ok(Some(&self.chunk));
            }
        }
        Ok(None)
    }

    /// The events that the last call of [`Scan::next`] gave.
    pub fn current(&self) -> &EventChunk {
        &self.chunk
    }

    fn read_ahead(&mut self, mut buffer: EventChunk) {
        if self.left == 0 || self.query.from > self.query.to {
            return;
        }
        buffer.clear();
        let limit = usize::try_from(self.left).unwrap_or(usize::MAX).min(CHUNK_EVENTS);
        self.ahead = Some(self.backend.read(self.query.clone(), limit, buffer));
    }

    fn go_on_after(&mut self, last: u64) {
        if self.query.backwards {
            self.query.to = last - 1;
        } else {
            self.query.from = last + 1;
        }
    }

    /// Whether a page holds every place that it must: none missing before, between or after its events.
    fn check(&self, page: &Page) -> Result<(), StoreError> {
        let lowest = self.query.from;
        let highest = page.highest.max(page.first).max(page.last).min(self.query.to);
        let (start, end) = if self.query.backwards { (highest, lowest) } else { (lowest, highest) };
        let nothing_there = highest < lowest;
        let dense = page.first.abs_diff(page.last) + 1 == page.looked_at;
        let complete = page.first == start && dense && (page.last == end || !page.end);
        if nothing_there || complete {
            return Ok(());
        }
        let (first, last) = self.first_gap(page, lowest, highest);
        let missing = match &self.query.source {
            Source::All => format!("positions {first} to {last} are missing"),
            Source::Stream(stream) => format!("versions {first} to {last} of stream {stream} are missing"),
        };
        Err(StoreError::integrity(format!("{missing}: events have been removed from this store")))
    }

    /// The first places that are missing in a page, as near as the page tells: what a filter left out of it may hide them.
    fn first_gap(&self, page: &Page, lowest: u64, highest: u64) -> (u64, u64) {
        if page.events.len() as u64 != page.looked_at {
            return (lowest, highest);
        }
        let place = |event: EventView<'_>| match self.query.source {
            Source::All => event.position.0,
            Source::Stream(_) => event.version.0,
        };
        let mut places: Vec<u64> = page.events.iter().map(place).collect();
        places.sort_unstable();
        // A page that did not end says nothing of what lies beyond it.
        let from = if self.query.backwards && !page.end { page.last } else { lowest };
        let to = if !self.query.backwards && !page.end { page.last } else { highest };
        let mut expected = from;
        for place in places {
            if place > expected {
                return (expected, place - 1);
            }
            expected = place + 1;
        }
        (expected.min(to), to)
    }
}
