//! Scans of any number of events in chunks, in constant memory.
//!
//! The next chunks are read while the caller works on the current one, where the backend can by several readers: positions are
//! dense, so the query is split into parts. A missing position or version is an error, never passed over.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use crate::event::EventChunk;
use crate::event::Position;
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
/// The number of chunks that a part of a filtered query has at most. Few of its events may match.
const CHUNKS_OF_FILTERED: u64 = 10;

/// A scan under way.
pub struct Scan {
    reader: Reader,
    known_quarantine: Arc<KnownQuarantine>,
    /// The quarantined events, as of the first page.
    quarantine: Option<Arc<Quarantine>>,
    /// The part of the query that is not being read yet.
    rest: ReadQuery,
    left: u64,
    /// The parts that are being read, in their order.
    ahead: VecDeque<(ReadQuery, Answer<Page>)>,
    /// True if the query must not be split.
    whole: bool,
    chunk: EventChunk,
    /// Buffers that are not in use.
    spare: Vec<EventChunk>,
    /// The gap or damage after the events that were returned last.
    missing_next: Option<StoreError>,
}

impl Scan {
    pub(crate) fn new(reader: Reader, known_quarantine: Arc<KnownQuarantine>, mut query: ReadQuery, limit: Option<u64>) -> Self {
        query.from = query.from.max(1);
        query.to = query.to.min(LAST_PLACE);
        let (chunk, spare, missing_next) = Default::default();
        let whole = query.backwards || query.source != ReadSource::All || reader.log.readers() <= 1;
        let left = limit.unwrap_or(u64::MAX);
        let mut scan = Self {
            reader,
            known_quarantine,
            quarantine: None,
            rest: query,
            left,
            ahead: VecDeque::new(),
            whole,
            chunk,
            spare,
            missing_next,
        };
        scan.read_ahead();
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
        while let Some((query, answer)) = self.ahead.pop_front() {
            let mut page = self.reader.ask(answer).await?;
            let dense = self.reader.log.abilities().dense;
            let gap = if dense { gap_in(&query, &page) } else { None };
            if gap.is_some() && query.to < self.rest.to && !query.backwards {
                // Once more in one part, since the gap may be longer than this one.
                self.ahead.clear();
                self.rest.from = query.from;
                self.whole = true;
                self.read_ahead();
                continue;
            }
            if dense && gap.is_none() && !query.beyond_head {
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
            let got = page.events.len() as u64;
            if got > self.left {
                page.events.truncate(whole_places(&query.source, &page.events, self.left));
            } else if got < self.left {
                self.missing_next = page.damage.take();
            }
            self.left -= got.min(self.left);
            match gap {
                Some(Gap::Before(gap)) => return Err(gap),
                Some(Gap::After(gap)) if page.events.is_empty() => return Err(gap),
                // All requested events are before the gap.
                Some(Gap::After(_)) if self.left == 0 => {}
                Some(Gap::After(gap)) => self.missing_next = Some(gap),
                None if self.missing_next.is_some() => {
                    self.ahead.clear();
                    self.rest.to = 0;
                }
                None => self.go_on(query, &page),
            }
            self.spare.push(mem::replace(&mut self.chunk, page.events));
            if !self.chunk.is_empty() {
                return Ok(Some(&self.chunk));
            }
            if let Some(damage) = self.missing_next.take() {
                return Err(damage);
            }
        }
        Ok(None)
    }

    /// Moves the next events into a buffer, whose memory is used again. Returns false after the last.
    ///
    /// # Errors
    /// As for [`Scan::next`].
    pub async fn next_into(&mut self, buffer: &mut EventChunk) -> Result<bool, StoreError> {
        let found = self.next().await?.is_some();
        if found {
            mem::swap(&mut self.chunk, buffer);
        }
        Ok(found)
    }

    /// Returns the quarantined events of the store, as of the first call of [`Scan::next`]; `None` before it.
    pub fn quarantine(&self) -> Option<&Arc<Quarantine>> {
        self.quarantine.as_ref()
    }

    /// Returns the events of the last call of [`Scan::next`].
    pub fn current(&self) -> &EventChunk {
        &self.chunk
    }

    /// Reads what follows a page without a gap.
    fn go_on(&mut self, mut part: ReadQuery, page: &Page) {
        // At the end of the store, the parts after this one may have events that came later, and lack those in between.
        if self.left == 0 || (page.end && page.highest < part.to) {
            self.ahead.clear();
            self.rest.to = 0;
            return;
        }
        if !page.end {
            if page.token.is_some() {
                part.token.clone_from(&page.token);
            } else if part.backwards {
                part.to = page.last.saturating_sub(1);
            } else {
                part.from = page.last + 1;
            }
            if part.from <= part.to {
                let answer = self.ask(&part);
                self.ahead.push_front((part, answer));
            }
        }
        self.read_ahead();
    }

    /// Begins to read as many parts as are read at the same time: one, until the first answer shows that there is more.
    fn read_ahead(&mut self) {
        let parts = if self.whole || self.quarantine.is_none() { 1 } else { self.reader.log.readers() };
        while self.ahead.len() < parts && self.left > 0 && self.rest.from <= self.rest.to {
            let part = self.next_part();
            let answer = self.ask(&part);
            self.ahead.push_back((part, answer));
        }
    }

    /// Splits the next part off the rest of the query.
    fn next_part(&mut self) -> ReadQuery {
        let mut part = self.rest.clone();
        let chunks = if part.categories.is_empty() && part.types.is_empty() { 1 } else { CHUNKS_OF_FILTERED };
        let places = chunks * CHUNK_EVENTS as u64;
        if !self.whole && self.left > places {
            part.to = part.to.min(part.from.saturating_add(places - 1));
        }
        self.rest.from = part.to + 1;
        part
    }

    fn ask(&mut self, part: &ReadQuery) -> Answer<Page> {
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.clear();
        let limit = usize::try_from(self.left).unwrap_or(usize::MAX).min(CHUNK_EVENTS);
        self.reader.log.read(part.clone(), limit, buffer)
    }
}

/// Returns the number of events to keep of a page: at least `wanted`, and all with the place of the last one. Only a store of
/// another program has several events of one place.
fn whole_places(source: &ReadSource, events: &EventChunk, wanted: u64) -> usize {
    let place = |number: usize| {
        let event = events.get(number)?;
        Some(match source {
            ReadSource::All => event.position.0,
            ReadSource::Stream(_) => event.version.0,
        })
        .filter(|place| *place != Position::NONE.0)
    };
    let mut kept = usize::try_from(wanted).unwrap_or(usize::MAX);
    while kept > 0 && place(kept).is_some_and(|next| place(kept - 1) == Some(next)) {
        kept += 1;
    }
    kept
}

/// Finds the first positions or versions that a page lacks. A backend ends a page at a gap, so its events are all before the
/// gap or all after it.
fn gap_in(query: &ReadQuery, page: &Page) -> Option<Gap> {
    let lowest = query.from;
    let highest = page.highest.max(page.first).max(page.last).min(query.to);
    if highest < lowest {
        return None;
    }
    let backwards = query.backwards;
    let (start, end) = if backwards { (highest, lowest) } else { (lowest, highest) };
    let dense = page.first.abs_diff(page.last) + 1 == page.looked_at;
    let removed = |first, last| removed(&query.source, first, last);
    if page.looked_at == 0 || (page.first == start && !dense) {
        Some(Gap::Before(removed(lowest, highest)))
    } else if page.first != start {
        let (first, last) = if backwards { (page.first + 1, start) } else { (start, page.first - 1) };
        Some(Gap::Before(removed(first, last)))
    } else if page.end && page.last != end {
        let (first, last) = if backwards { (end, page.last - 1) } else { (page.last + 1, end) };
        Some(Gap::After(removed(first, last)))
    } else {
        None
    }
}

fn removed(source: &ReadSource, first: u64, last: u64) -> StoreError {
    let missing = match source {
        ReadSource::All => format!("positions {first} to {last} are missing"),
        ReadSource::Stream(stream) => format!("versions {first} to {last} of stream {stream} are missing"),
    };
    StoreError::integrity(format!("{missing}: events have been removed from this store"))
}

/// A range of missing positions or versions, with its error.
enum Gap {
    /// The gap is before the events of the page: none of them is returned.
    Before(StoreError),
    /// The gap is after the events of the page.
    After(StoreError),
}
