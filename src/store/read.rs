//! Queries for events and streams, and their answers.

use std::borrow::Cow;

use serde::Serialize;

use crate::event::EventChunk;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::category_of;
use crate::event::nfc;
use crate::store::error::StoreError;
use crate::store::foreign::ForeignValue;

/// The whole store by position, or one stream by version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadSource {
    /// All events; a place is a position.
    All,
    /// The events of one stream; a place is a version.
    Stream(StreamName),
}

/// A query for events. Both ends of the range are inclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadQuery {
    /// The events to read from.
    pub source: ReadSource,
    /// The lowest place, from 1.
    pub from: u64,
    /// The highest place.
    pub to: u64,
    /// True to read from the highest place down.
    pub backwards: bool,
    /// The categories to read; empty for all.
    pub categories: Vec<String>,
    /// The types to read; empty for all.
    pub types: Vec<String>,
    /// The earliest time of events. For a store whose times do not grow; otherwise a time has a place.
    pub since: Option<Timestamp>,
    /// The latest time of events, as for `since`.
    pub until: Option<Timestamp>,
    /// True to read also what the store of another program hides, such as deleted events.
    pub hidden: bool,
    /// The end of the page before, where a place alone does not name it.
    pub token: Option<PageToken>,
    /// True to read every stored event, also after the recorded head, which is not read: for a damaged store.
    pub beyond_head: bool,
}

/// The end of a page, from which the next one goes on. Only the log that made it reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageToken(pub Vec<ForeignValue>);

/// The highest place. Stores keep positions and versions as signed 64-bit integers.
pub(crate) const LAST_PLACE: u64 = i64::MAX.unsigned_abs();

impl ReadQuery {
    /// Returns a query for all events, forwards.
    pub fn all() -> Self {
        Self {
            source: ReadSource::All,
            from: 1,
            to: LAST_PLACE,
            backwards: false,
            categories: Vec::new(),
            types: Vec::new(),
            since: None,
            until: None,
            hidden: false,
            token: None,
            beyond_head: false,
        }
    }

    /// Returns a query for all events of one stream, forwards.
    pub fn stream(stream: StreamName) -> Self {
        Self { source: ReadSource::Stream(stream), ..Self::all() }
    }

    /// Sets the lowest place; 0 means 1.
    #[must_use]
    pub fn from(mut self, place: u64) -> Self {
        self.from = place.max(1);
        self
    }

    /// Sets the highest place.
    #[must_use]
    pub fn to(mut self, place: u64) -> Self {
        self.to = place.min(LAST_PLACE);
        self
    }

    /// Reads from the highest place down.
    #[must_use]
    pub fn backwards(mut self) -> Self {
        self.backwards = true;
        self
    }

    /// Restricts the query to these categories; empty for all.
    #[must_use]
    pub fn categories(mut self, categories: Vec<String>) -> Self {
        self.categories = categories;
        self
    }

    /// Restricts the query to these types; empty for all.
    #[must_use]
    pub fn types(mut self, types: Vec<String>) -> Self {
        self.types = types;
        self
    }

    /// Returns the query with its texts in normal form C, as names are stored.
    pub(crate) fn normalised(mut self) -> Self {
        for text in self.categories.iter_mut().chain(&mut self.types) {
            normalise(text);
        }
        self
    }

    /// Reads every stored event, also after the recorded head, which is not read.
    #[must_use]
    pub fn beyond_head(mut self) -> Self {
        self.beyond_head = true;
        self
    }

    /// Restricts the query to these times, for a store whose times do not grow.
    #[must_use]
    pub fn between(mut self, since: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        (self.since, self.until) = (since, until);
        self
    }

    /// Returns true for an event whose stream and type match the query.
    pub fn wants(&self, stream: &str, event_type: &str) -> bool {
        (self.categories.is_empty() || self.categories.iter().any(|category| category == category_of(stream)))
            && (self.types.is_empty() || self.types.iter().any(|wanted| wanted == event_type))
    }
}

/// A part of the answer to a [`ReadQuery`].
#[derive(Debug, Default)]
pub struct Page {
    /// The events.
    pub events: EventChunk,
    /// The number of events that were examined, matching or not. Equals the number of passed places where none is missing.
    pub looked_at: u64,
    /// The place that was examined first.
    pub first: u64,
    /// The place that was examined last.
    pub last: u64,
    /// The highest place of the source, read before the events. Up to there the events must be complete; more may have come
    /// since.
    pub highest: u64,
    /// True if no further places were left to examine.
    pub end: bool,
    /// The version of the reserved stream of quarantines, as of this page.
    pub quarantine: Version,
    /// The end of the page, where its last place alone does not name it.
    pub token: Option<PageToken>,
    /// The damage after the events. The reading ends there.
    pub damage: Option<StoreError>,
}

impl Page {
    /// Returns true where a place directly follows the last examined one. Otherwise the page ends before it: the events
    /// before a gap are read, and the next page begins with the gap.
    pub(crate) fn is_followed_by(&self, place: u64, backwards: bool) -> bool {
        let next = if backwards { self.last.checked_sub(1) } else { self.last.checked_add(1) };
        self.looked_at == 0 || next == Some(place)
    }

    /// Counts an examined place.
    pub(crate) fn look_at(&mut self, place: u64) {
        self.last = place;
        if self.looked_at == 0 {
            self.first = place;
        }
        self.looked_at += 1;
    }
}

/// A query for a list of streams.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamQuery {
    /// The category to list; `None` for all.
    pub category: Option<String>,
    /// The start of the names to list.
    pub prefix: Option<String>,
    /// The name after which the answer begins.
    pub after: Option<String>,
    /// The place of the stream with that name, where several streams may have it.
    pub token: Option<PageToken>,
    /// The largest number of streams.
    pub limit: usize,
}

impl StreamQuery {
    /// Returns the query with its texts in normal form C, as names are stored.
    pub(crate) fn normalised(mut self) -> Self {
        for text in [&mut self.category, &mut self.prefix, &mut self.after].into_iter().flatten() {
            normalise(text);
        }
        self
    }
}

fn normalise(text: &mut String) {
    if let Cow::Owned(normal) = nfc(text) {
        *text = normal;
    }
}

/// A stream in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct StreamInfo {
    /// Its name.
    pub stream: String,
    /// Its category.
    pub category: String,
    /// Its version: its number of events.
    pub version: Version,
    /// The position of its last event.
    pub last_position: Position,
    /// The time of its last event.
    pub last_recorded_at: Timestamp,
    /// The place and state in a store of another program.
    #[serde(skip)]
    pub foreign: Option<Box<ForeignStream>>,
}

/// The part of a stream that only the log of another program has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignStream {
    /// Its place, from which a list goes on. Several streams may have one name.
    pub place: PageToken,
    /// The reason why its last event cannot be read.
    pub damage: Option<String>,
}

impl StreamInfo {
    /// Returns the checked name.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when no store accepts the name.
    pub fn name(&self) -> Result<StreamName, StoreError> {
        let damaged = |error| StoreError::integrity(format!("a stream has an invalid name: {error}"));
        StreamName::recorded(&self.stream).map_err(damaged)
    }
}
