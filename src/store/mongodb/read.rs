//! Reads events into flat chunks: commits in the order of their positions, each decoded by hand.
//!
//! A page that ends early keeps its cursor for the following page, so a scan is one query, and a commit of many pages is
//! sent once. An unused cursor is dropped when others need its slot.

use std::sync::Mutex;
use std::sync::PoisonError;

use mongodb::Cursor;
use mongodb::bson::Document;
use mongodb::bson::RawDocument;
use mongodb::bson::RawDocumentBuf;
use mongodb::bson::doc;
use mongodb::error::Error;

use crate::event::EventChunk;
use crate::event::StreamName;
use crate::event::Version;
use crate::store::error::StoreError;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::documents;
use crate::store::mongodb::documents::Summary;
use crate::store::mongodb::documents::summary;
use crate::store::mongodb::end::head;
use crate::store::mongodb::end::last_place;
use crate::store::mongodb::error::code;
use crate::store::mongodb::error::code_of;
use crate::store::mongodb::streams::stream_version;
use crate::store::quarantine::QUARANTINE_STREAM;
use crate::store::read::Page;
use crate::store::read::ReadQuery;
use crate::store::read::ReadSource;

/// The size of texts that ends a page. It keeps a page of large events small.
const PAGE_BYTES: usize = 1 << 20;
/// The number of examined events that ends a page, so that an answer comes soon.
const MAX_EXAMINED: u64 = 100_000;
/// The number of commits in one batch.
const BATCH: u32 = 1000;
/// The number of cursors that are kept between pages.
const MAX_OPEN_CURSORS: usize = 8;

/// The open cursors between pages.
#[derive(Default)]
pub(crate) struct OpenCursors(Mutex<Vec<CommitScan>>);

impl OpenCursors {
    fn take(&self, query: &ReadQuery) -> Option<CommitScan> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = open.iter().position(|scan| scan.query == *query)?;
        Some(open.remove(index))
    }

    fn keep(&self, scan: CommitScan) {
        let dropped = {
            let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            open.push(scan);
            (open.len() > MAX_OPEN_CURSORS).then(|| open.remove(0))
        };
        drop(dropped);
    }
}

/// Reads a page; see [`EventLog::read`](crate::store::EventLog::read).
pub(crate) async fn read(
    connection: &Connection,
    cursors: &OpenCursors,
    query: ReadQuery,
    limit: usize,
    mut buffer: EventChunk,
) -> Result<Page, StoreError> {
    buffer.clear();
    if let Some(mut scan) = cursors.take(&query) {
        let mut page = Page { events: buffer, ..Page::default() };
        match scan.fill(connection, limit, &mut page).await {
            Ok(()) if !page.end => {
                settle(connection, &page).await?;
                return Ok(scan.keep_for_next_page(page, cursors));
            }
            // The cursor ends at the end of the store at its start. The end is looked up again.
            Ok(()) if page.looked_at > 0 => {
                settle(connection, &page).await?;
                page.end = false;
                return Ok(page);
            }
            Ok(()) => buffer = page.events,
            // The server drops a cursor that is idle for long.
            Err(ReadFailure::Driver(error)) if code_of(&error) == Some(code::CURSOR_NOT_FOUND) => buffer = page.events,
            Err(failure) => return before_damage(connection, failure, page).await,
        }
        buffer.clear();
    }
    let mut page = Page { events: buffer, ..Page::default() };
    let mut scan = CommitScan::start(connection, query, limit).await?;
    if let Err(failure) = scan.fill(connection, limit, &mut page).await {
        return before_damage(connection, failure, page).await;
    }
    settle(connection, &page).await?;
    Ok(scan.keep_for_next_page(page, cursors))
}

/// Returns the events before a damaged one. The next page begins with the damaged event and is an error.
async fn before_damage(connection: &Connection, failure: ReadFailure, mut page: Page) -> Result<Page, StoreError> {
    match failure {
        ReadFailure::Store(StoreError::Integrity { .. }) if page.looked_at > 0 => {
            settle(connection, &page).await?;
            page.end = false;
            Ok(page)
        }
        failure => Err(failure.into_store_error(connection)),
    }
}

/// Waits until the events of a page are durable.
async fn settle(connection: &Connection, page: &Page) -> Result<(), StoreError> {
    let highest = page.events.iter().next().into_iter().chain(page.events.last()).map(|event| event.position).max();
    connection.settle(highest.unwrap_or_default()).await
}

enum ReadFailure {
    Driver(Error),
    Store(StoreError),
}

impl ReadFailure {
    fn into_store_error(self, connection: &Connection) -> StoreError {
        match self {
            Self::Driver(error) => connection.failed("cannot read")(error),
            Self::Store(error) => error,
        }
    }
}

impl From<Error> for ReadFailure {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

impl From<StoreError> for ReadFailure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A read on its way through the commits.
struct CommitScan {
    /// The rest of the query.
    query: ReadQuery,
    highest: u64,
    /// The version of the reserved stream of quarantines.
    quarantine: Version,
    /// The commit that contains the lowest place, if that is not its first.
    floor: Option<RawDocumentBuf>,
    /// The cursor over the commits, once they are needed.
    cursor: Option<Cursor<RawDocumentBuf>>,
    /// The place of the floor, after which the cursor starts.
    after: u64,
    /// The largest number of commits to request.
    limit: Option<i64>,
    /// True if the cursor is at an unfinished commit.
    unfinished: bool,
}

impl CommitScan {
    async fn start(connection: &Connection, query: ReadQuery, limit: usize) -> Result<Self, StoreError> {
        let highest = async {
            match &query.source {
                ReadSource::All if query.beyond_head => last_place(connection).await,
                ReadSource::All => Ok(head(connection).await?.position.0),
                ReadSource::Stream(stream) => Ok(stream_version(connection, stream).await?.0),
            }
        };
        let reserved = StreamName::recorded(QUARANTINE_STREAM).map_err(|error| StoreError::Bug(error.to_string()))?;
        let (highest, quarantine) = tokio::try_join!(highest, stream_version(connection, &reserved))?;
        let unfiltered = query.categories.is_empty() && query.types.is_empty();
        // Each commit has a requested event, so no more commits are needed.
        let limit = (unfiltered && limit < BATCH as usize).then_some(limit as i64);
        let mut scan = Self { query, highest, quarantine, floor: None, cursor: None, after: 0, limit, unfinished: false };
        let from = scan.query.from;
        if !scan.query.backwards && from > 1 && from <= highest {
            let filter = scan.filter(doc! { "$lte": from.cast_signed() });
            let floor = connection.commits.find_one(filter).sort(scan.order(-1)).await;
            scan.floor = floor.map_err(connection.failed("cannot read"))?;
            if let Some(floor) = &scan.floor {
                scan.after = scan.base(&summary(floor)?);
            }
        }
        Ok(scan)
    }

    fn field(&self) -> &'static str {
        if self.query.source == ReadSource::All { "_id" } else { "first_version" }
    }

    fn filter(&self, range: Document) -> Document {
        match &self.query.source {
            ReadSource::All => doc! { "_id": range },
            ReadSource::Stream(stream) => doc! { "stream": stream.as_str(), "first_version": range },
        }
    }

    fn order(&self, direction: i32) -> Document {
        doc! { self.field(): direction }
    }

    /// Returns the place of a commit's first event.
    fn base(&self, commit: &Summary<'_>) -> u64 {
        if self.query.source == ReadSource::All { commit.first_position } else { commit.first_version }
    }

    // Exclusive: a cursor can be sent to another thread, but not shared with one.
    async fn open(&mut self, connection: &Connection) -> Result<Cursor<RawDocumentBuf>, Error> {
        let to = self.query.to.cast_signed();
        let (filter, order) = if self.query.backwards {
            (self.filter(doc! { "$lte": to }), self.order(-1))
        } else {
            (self.filter(doc! { "$gt": self.after.cast_signed(), "$lte": to }), self.order(1))
        };
        let batch = self.limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(BATCH);
        let mut find = connection.commits.find(filter).sort(order).batch_size(batch);
        if let Some(limit) = self.limit {
            find = find.limit(limit);
        }
        find.await
    }

    async fn fill(&mut self, connection: &Connection, limit: usize, page: &mut Page) -> Result<(), ReadFailure> {
        page.highest = self.highest;
        page.quarantine = self.quarantine;
        page.end = true;
        let is_empty = self.highest == 0 || (self.cursor.is_none() && self.query.from > self.highest);
        if is_empty || limit == 0 {
            return Ok(());
        }
        if let Some(floor) = self.floor.take() {
            let full = self.push_events(&floor, limit, page)?;
            if full {
                page.end = false;
                self.floor = Some(floor);
                return Ok(());
            }
        }
        while self.query.from <= self.query.to {
            if !self.unfinished {
                let cursor = match &mut self.cursor {
                    Some(cursor) => cursor,
                    None => {
                        let cursor = self.open(connection).await?;
                        self.cursor.insert(cursor)
                    }
                };
                if !cursor.advance().await? {
                    return Ok(());
                }
            }
            let Some(cursor) = self.cursor.take() else { return Ok(()) };
            let full = self.push_events(cursor.current(), limit, page);
            self.cursor = Some(cursor);
            self.unfinished = full?;
            if self.unfinished {
                page.end = false;
                return Ok(());
            }
        }
        Ok(())
    }

    /// Adds the requested events of a commit to a page. Returns true if the page is full. Advances the rest of the query.
    fn push_events(&mut self, commit: &RawDocument, limit: usize, page: &mut Page) -> Result<bool, StoreError> {
        let commit = summary(commit)?;
        let events = documents::events(&commit)?;
        let base = self.base(&commit);
        let lowest = self.query.from.saturating_sub(base);
        let beyond = commit.count.min((self.query.to + 1).saturating_sub(base));
        let unfiltered = self.query.categories.is_empty() && self.query.types.is_empty();
        for step in lowest..beyond {
            let index = if self.query.backwards { lowest + (beyond - 1 - step) } else { step };
            let place = base + index;
            if !page.is_followed_by(place, self.query.backwards) {
                return Ok(true);
            }
            let document = usize::try_from(index).ok().and_then(|index| events.get(index));
            let Some(document) = document else { return Err(StoreError::Bug(format!("a commit has no event {index}"))) };
            let event = documents::event(&commit, index, document)?;
            if unfiltered || self.query.wants(event.stream, event.event_type) {
                page.events.push(&event);
            }
            page.look_at(place);
            if self.query.backwards {
                self.query.to = place - 1;
            } else {
                self.query.from = place + 1;
            }
            let full = page.events.len() >= limit || page.events.text_bytes() > PAGE_BYTES || page.looked_at >= MAX_EXAMINED;
            if full {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Keeps the cursor for the next page.
    fn keep_for_next_page(self, page: Page, cursors: &OpenCursors) -> Page {
        // A limited cursor may not have all events of the next page.
        if !page.end && self.limit.is_none() && self.query.from <= self.query.to {
            cursors.keep(self);
        }
        page
    }
}
