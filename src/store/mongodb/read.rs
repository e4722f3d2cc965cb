//! Reading events into flat chunks: commits in the order of their places, each looked into by hand.
//!
//! A page that ends before the reading does leaves its cursor for the page that follows, so a scan is one query, and a
//! commit of many pages is sent once. One that nobody comes back for is forgotten when others need the room.

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
use crate::store::read::Source;

/// A page ends when its texts are this large, so that events of a megabyte do not make it one of a gigabyte.
const PAGE_BYTES: usize = 1 << 20;
/// A page ends after so many events that were not wanted, so that an answer is never far away.
const PAGE_LOOKS: u64 = 100_000;
/// Commits asked for at once.
const BATCH: u32 = 1000;
/// How many readings are kept open between their pages.
const OPEN_WALKS: usize = 8;

/// The readings that are open between their pages.
#[derive(Default)]
pub(crate) struct Walks(Mutex<Vec<Walk>>);

impl Walks {
    fn take(&self, query: &ReadQuery) -> Option<Walk> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = open.iter().position(|walk| walk.query == *query)?;
        Some(open.remove(index))
    }

    fn keep(&self, walk: Walk) {
        let forgotten = {
            let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            open.push(walk);
            (open.len() > OPEN_WALKS).then(|| open.remove(0))
        };
        drop(forgotten);
    }
}

/// Reads a page; see [`Backend::read`](crate::store::Backend::read).
pub(crate) async fn read(
    connection: &Connection,
    walks: &Walks,
    query: ReadQuery,
    limit: usize,
    mut buffer: EventChunk,
) -> Result<Page, StoreError> {
    buffer.clear();
    if let Some(mut walk) = walks.take(&query) {
        let mut page = Page { events: buffer, ..Page::default() };
        match walk.fill(connection, limit, &mut page).await {
            Ok(()) if !page.end => {
                settle(connection, &page).await?;
                return Ok(walk.put_down(page, walks));
            }
            // It ends where the store ended when it was begun, perhaps by somebody else: that is looked up again.
            Ok(()) if page.looked_at > 0 => {
                settle(connection, &page).await?;
                page.end = false;
                return Ok(page);
            }
            Ok(()) => buffer = page.events,
            // The server forgets a reading that rests for long.
            Err(Failure::Driver(error)) if code_of(&error) == Some(code::CURSOR_NOT_FOUND) => buffer = page.events,
            Err(failure) => return before_damage(connection, failure, page).await,
        }
        buffer.clear();
    }
    let mut page = Page { events: buffer, ..Page::default() };
    let mut walk = Walk::start(connection, query, limit).await?;
    if let Err(failure) = walk.fill(connection, limit, &mut page).await {
        return before_damage(connection, failure, page).await;
    }
    settle(connection, &page).await?;
    Ok(walk.put_down(page, walks))
}

/// Returns the events before one that is damaged; the next page begins with that one, and there are none.
async fn before_damage(connection: &Connection, failure: Failure, mut page: Page) -> Result<Page, StoreError> {
    match failure {
        Failure::Store(StoreError::Integrity { .. }) if page.looked_at > 0 => {
            settle(connection, &page).await?;
            page.end = false;
            Ok(page)
        }
        failure => Err(failure.told(connection)),
    }
}

/// Waits until the events of a page are there to stay.
async fn settle(connection: &Connection, page: &Page) -> Result<(), StoreError> {
    let highest = page.events.iter().next().into_iter().chain(page.events.last()).map(|event| event.position).max();
    connection.settle(highest.unwrap_or_default()).await
}

enum Failure {
    Driver(Error),
    Store(StoreError),
}

impl Failure {
    fn told(self, connection: &Connection) -> StoreError {
        match self {
            Self::Driver(error) => connection.failed("cannot read")(error),
            Self::Store(error) => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A reading on its way through the commits.
struct Walk {
    /// What is left of it.
    query: ReadQuery,
    highest: u64,
    /// The version of the reserved stream of quarantines.
    quarantine: Version,
    /// The commit that the lowest place is inside of, where one is: its own place is below.
    floor: Option<RawDocumentBuf>,
    /// Commits from here on, once they are needed.
    cursor: Option<Cursor<RawDocumentBuf>>,
    /// The place of the floor, which the cursor starts behind.
    behind: u64,
    /// At most so many commits are asked for.
    limit: Option<i64>,
    /// Whether the cursor stands on a commit.
    standing: bool,
}

impl Walk {
    async fn start(connection: &Connection, query: ReadQuery, limit: usize) -> Result<Self, StoreError> {
        let highest = async {
            match &query.source {
                Source::All if query.beyond_head => last_place(connection).await,
                Source::All => Ok(head(connection).await?.position.0),
                Source::Stream(stream) => Ok(stream_version(connection, stream).await?.0),
            }
        };
        let reserved = StreamName::recorded(QUARANTINE_STREAM).map_err(|error| StoreError::Bug(error.to_string()))?;
        let (highest, quarantine) = tokio::try_join!(highest, stream_version(connection, &reserved))?;
        let unfiltered = query.categories.is_empty() && query.types.is_empty();
        // Each commit has an event that is wanted, so no more of them are needed.
        let limit = (unfiltered && limit < BATCH as usize).then_some(limit as i64);
        let mut walk = Self { query, highest, quarantine, floor: None, cursor: None, behind: 0, limit, standing: false };
        let from = walk.query.from;
        if !walk.query.backwards && from > 1 && from <= highest {
            let filter = walk.filter(doc! { "$lte": from.cast_signed() });
            let floor = connection.commits.find_one(filter).sort(walk.order(-1)).await;
            walk.floor = floor.map_err(connection.failed("cannot read"))?;
            if let Some(floor) = &walk.floor {
                walk.behind = walk.base(&summary(floor)?);
            }
        }
        Ok(walk)
    }

    fn field(&self) -> &'static str {
        if self.query.source == Source::All { "_id" } else { "first_version" }
    }

    fn filter(&self, range: Document) -> Document {
        match &self.query.source {
            Source::All => doc! { "_id": range },
            Source::Stream(stream) => doc! { "stream": stream.as_str(), "first_version": range },
        }
    }

    fn order(&self, direction: i32) -> Document {
        doc! { self.field(): direction }
    }

    /// The place of a commit's first event.
    fn base(&self, commit: &Summary<'_>) -> u64 {
        if self.query.source == Source::All { commit.first_position } else { commit.first_version }
    }

    // Exclusive: a cursor may be sent to another thread, not shared with one.
    async fn open(&mut self, connection: &Connection) -> Result<Cursor<RawDocumentBuf>, Error> {
        let to = self.query.to.cast_signed();
        let (filter, order) = if self.query.backwards {
            (self.filter(doc! { "$lte": to }), self.order(-1))
        } else {
            (self.filter(doc! { "$gt": self.behind.cast_signed(), "$lte": to }), self.order(1))
        };
        let batch = self.limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(BATCH);
        let mut find = connection.commits.find(filter).sort(order).batch_size(batch);
        if let Some(limit) = self.limit {
            find = find.limit(limit);
        }
        find.await
    }

    async fn fill(&mut self, connection: &Connection, limit: usize, page: &mut Page) -> Result<(), Failure> {
        page.highest = self.highest;
        page.quarantine = self.quarantine;
        page.end = true;
        let nothing_there = self.highest == 0 || (self.cursor.is_none() && self.query.from > self.highest);
        if nothing_there || limit == 0 {
            return Ok(());
        }
        if let Some(floor) = self.floor.take() {
            let full = self.look_into(&floor, limit, page)?;
            if full {
                page.end = false;
                self.floor = Some(floor);
                return Ok(());
            }
        }
        while self.query.from <= self.query.to {
            if !self.standing {
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
            let full = self.look_into(cursor.current(), limit, page);
            self.cursor = Some(cursor);
            self.standing = full?;
            if self.standing {
                page.end = false;
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes the events of a commit that are asked for. Whether the page is full; what is left of the query follows.
    fn look_into(&mut self, commit: &RawDocument, limit: usize, page: &mut Page) -> Result<bool, StoreError> {
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
            let full = page.events.len() >= limit || page.events.text_bytes() > PAGE_BYTES || page.looked_at >= PAGE_LOOKS;
            if full {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Leaves the reading to whoever asks for the next page.
    fn put_down(self, page: Page, walks: &Walks) -> Page {
        // One that was limited may not have all that the next page wants.
        if !page.end && self.limit.is_none() && self.query.from <= self.query.to {
            walks.keep(self);
        }
        page
    }
}
