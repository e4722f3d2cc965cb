//! Scans of any number of events in chunks, in constant memory.
//!
//! The next chunk is read while the caller works on the current one. A missing position or version is an error, never
//! passed over.

use std::mem;
use std::sync::Arc;

use crate::event::EventChunk;
use crate::store::answer::Answer;
use crate::store::error::StoreError;
use crate::store::known_quarantine::KnownQuarantine;
use crate::store::quarantine::Quarantine;
use crate::store::read::LAST_PLACE;
use crate::store::read::Page;
use crate::store::read::ReadQuery;
use crate::store::read::ReadSource;
use crate::store::reader::Reader;

/// The number of events in a chunk: enough to make the cost of a chunk negligible, few enough to stay in the cache.
const CHUNK_EVENTS: usize = 1000;

/// A scan under way.
pub struct Scan {
    reader: Reader,
    known_quarantine: Arc<KnownQuarantine>,
    /// The quarantined events, as of the first page.
    quarantine: Option<Arc<Quarantine>>,
    query: ReadQuery,
    left: u64,
    ahead: Option<Answer<Page>>,
    chunk: EventChunk,
    /// The gap after the events that were returned last.
    missing_next: Option<StoreError>,
}

impl Scan {
    pub(crate) fn new(reader: Reader, known_quarantine: Arc<KnownQuarantine>, mut query: ReadQuery, limit: Option<u64>) -> Self {
        query.from = query.from.clamp(1, LAST_PLACE);
        query.to = query.to.min(LAST_PLACE);
        let left = limit.unwrap_or(u64::MAX);
        let chunk = EventChunk::default();
        let mut scan = Self { reader, known_quarantine, quarantine: None, query, left, ahead: None, chunk, missing_next: None };
        scan.read_ahead(EventChunk::default());
        scan
    }

    /// Returns the next events; `None` after the last.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when a position or version is missing. The events before the gap are returned first.
    pub async fn next(&mut self) -> Result<Option<&EventChunk>, StoreError> {
        if let Some(gap) = self.missing_next.take() {
            return Err(gap);
        }
        while let Some(answer) = self.ahead.take() {
            let mut page = self.reader.ask(answer).await?;
            let gap = self.gap_in(&page);
            if gap.is_none() && !self.query.beyond_head {
                self.reader.identity.note_events(&page.events);
            }
            let quarantine = match self.quarantine.take() {
                Some(quarantine) => quarantine,
                None => self.known_quarantine.at(&self.reader, page.quarantine).await?,
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
                // All requested events are before the gap.
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

    /// Returns the events of the last call of [`Scan::next`].
    pub fn current(&self) -> &EventChunk {
        &self.chunk
    }

    fn read_ahead(&mut self, mut buffer: EventChunk) {
        if self.left == 0 || self.query.from > self.query.to {
            return;
        }
        buffer.clear();
        let limit = usize::try_from(self.left).unwrap_or(usize::MAX).min(CHUNK_EVENTS);
        self.ahead = Some(self.reader.log.read(self.query.clone(), limit, buffer));
    }

    fn go_on_after(&mut self, last: u64) {
        if self.query.backwards {
            self.query.to = last - 1;
        } else {
            self.query.from = last + 1;
        }
    }

    /// Finds the first positions or versions that a page lacks. A backend ends a page at a gap, so its events are all
    /// before the gap or all after it.
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
            ReadSource::All => format!("positions {first} to {last} are missing"),
            ReadSource::Stream(stream) => format!("versions {first} to {last} of stream {stream} are missing"),
        };
        StoreError::integrity(format!("{missing}: events have been removed from this store"))
    }
}

/// A range of missing positions or versions, with its error.
enum Gap {
    /// The gap is before the events of the page: none of them is returned.
    Before(StoreError),
    /// The gap is after the events of the page.
    After(StoreError),
}
