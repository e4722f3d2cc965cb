//! Reading any number of events in chunks, in memory that does not grow: the next chunk is read while
//! this one is worked on, and a place that is missing is found out, never passed over.

use std::mem;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::event::EventChunk;
use crate::event::StreamName;
use crate::event::Version;
use crate::store::backend::Answer;
use crate::store::error::StoreError;
use crate::store::facade::Store;
use crate::store::quarantine::QUARANTINE_STREAM;
use crate::store::quarantine::Quarantine;
use crate::store::read::LAST_PLACE;
use crate::store::read::Page;
use crate::store::read::ReadQuery;
use crate::store::read::Source;

/// Events in a chunk: enough that what a chunk costs does not show, few enough to stay in the cache.
const CHUNK_EVENTS: usize = 1000;

/// The set of quarantined events as a store has seen it last.
#[derive(Default)]
pub(crate) struct KnownQuarantine(Mutex<Arc<Quarantine>>);

impl KnownQuarantine {
    /// Returns the set at a version of the reserved stream; it is read where it has changed.
    pub(in crate::store) async fn at(&self, store: &Store, version: Version) -> Result<Arc<Quarantine>, StoreError> {
        let known = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if known.version == version {
            return Ok(known);
        }
        let mut read = Quarantine::default();
        let stream = StreamName::recorded(QUARANTINE_STREAM).map_err(|error| StoreError::Bug(error.to_string()))?;
        let mut query = ReadQuery::stream(stream).to(version.0);
        let mut buffer = EventChunk::default();
        while read.version < version {
            let page = store.ask(store.backend.read(query.clone(), CHUNK_EVENTS, buffer)).await?;
            page.events.iter().try_for_each(|event| read.apply(&event))?;
            if page.events.is_empty() {
                let message = format!("the reserved stream {QUARANTINE_STREAM} has fewer events than its version says");
                return Err(StoreError::integrity(message));
            }
            query = query.from(read.version.next().0);
            buffer = page.events;
            buffer.clear();
        }
        let read = Arc::new(read);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&read);
        Ok(read)
    }
}

/// A reading under way.
pub struct Scan {
    store: Store,
    /// The quarantined events, as of the first page.
    quarantine: Option<Arc<Quarantine>>,
    query: ReadQuery,
    left: u64,
    ahead: Option<Answer<Page>>,
    chunk: EventChunk,
    /// The gap behind the events that were given last.
    missing_next: Option<StoreError>,
}

impl Scan {
    pub(crate) fn new(store: &Store, mut query: ReadQuery, limit: Option<u64>) -> Self {
        query.from = query.from.clamp(1, LAST_PLACE);
        query.to = query.to.min(LAST_PLACE);
        let left = limit.unwrap_or(u64::MAX);
        let (store, chunk) = (store.clone(), EventChunk::default());
        let mut scan = Self { store, quarantine: None, query, left, ahead: None, chunk, missing_next: None };
        scan.read_ahead(EventChunk::default());
        scan
    }

    /// The next events; `None` after the last.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when a place is missing, after the events before it; and whatever the backend says.
    pub async fn next(&mut self) -> Result<Option<&EventChunk>, StoreError> {
        if let Some(gap) = self.missing_next.take() {
            return Err(gap);
        }
        while let Some(answer) = self.ahead.take() {
            let mut page = self.store.ask(answer).await?;
            let gap = self.gap_in(&page);
            if gap.is_none() && !self.query.beyond_head {
                self.store.identity.note_events(&page.events);
            }
            let quarantine = match self.quarantine.take() {
                Some(quarantine) => quarantine,
                None => self.store.quarantine.at(&self.store, page.quarantine).await?,
            };
            if !quarantine.is_empty() {
                page.events.mark_quarantined(|id| quarantine.contains(id));
            }
            self.quarantine = Some(quarantine);
            let spare = mem::take(&mut self.chunk);
            let got = page.events.len() as u64;
            if got > self.left {
                page.events.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            }
            self.left -= got.min(self.left);
            match gap {
                Some(Gap::Before(gap)) => return Err(gap),
                Some(Gap::After(gap)) if page.events.is_empty() => return Err(gap),
                // What was asked for is all before the gap.
                Some(Gap::After(_)) if self.left == 0 => {}
                Some(Gap::After(gap)) => self.missing_next = Some(gap),
                None if page.end => {}
                None => {
                    self.go_on_after(page.last);
                    self.read_ahead(spare);
                }
            }
            self.chunk = page.events;
            if !self.chunk.is_empty() {
                return Ok(Some(&self.chunk));
            }
        }
        Ok(None)
    }

    /// Returns the quarantined events of the store, as of the first call of [`Scan::next`]; `None` before it.
    pub fn quarantine(&self) -> Option<&Arc<Quarantine>> {
        self.quarantine.as_ref()
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
        self.ahead = Some(self.store.backend.read(self.query.clone(), limit, buffer));
    }

    fn go_on_after(&mut self, last: u64) {
        if self.query.backwards {
            self.query.to = last - 1;
        } else {
            self.query.from = last + 1;
        }
    }

    /// Finds the first places that a page lacks. A backend ends a page before a gap, so that its events are all before the
    /// gap or all behind it.
    fn gap_in(&self, page: &Page) -> Option<Gap> {
        let lowest = self.query.from;
        let highest = page.highest.max(page.first).max(page.last).min(self.query.to);
        if highest < lowest {
            return None;
        }
        let backwards = self.query.backwards;
        let (start, end) = if backwards { (highest, lowest) } else { (lowest, highest) };
        let dense = page.first.abs_diff(page.last) + 1 == page.looked_at;
        if page.looked_at == 0 || (page.first == start && !dense) {
            Some(Gap::Before(self.removed(lowest, highest)))
        } else if page.first != start {
            let (first, last) = if backwards { (page.first + 1, start) } else { (start, page.first - 1) };
            Some(Gap::Before(self.removed(first, last)))
        } else if page.end && page.last != end {
            let (first, last) = if backwards { (end, page.last - 1) } else { (page.last + 1, end) };
            Some(Gap::After(self.removed(first, last)))
        } else {
            None
        }
    }

    fn removed(&self, first: u64, last: u64) -> StoreError {
        let missing = match &self.query.source {
            Source::All => format!("positions {first} to {last} are missing"),
            Source::Stream(stream) => format!("versions {first} to {last} of stream {stream} are missing"),
        };
        StoreError::integrity(format!("{missing}: events have been removed from this store"))
    }
}

/// Places that are missing, as the error that says so.
enum Gap {
    /// Before the events of a page: none of these is read.
    Before(StoreError),
    /// After them.
    After(StoreError),
}
