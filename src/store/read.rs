//! What may be read, and what comes back.

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

/// The whole store by position, or one stream by version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// All events; places are positions.
    All,
    /// One stream; places are versions.
    Stream(StreamName),
}

/// Which events to read. Places are inclusive at both ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadQuery {
    /// From where.
    pub source: Source,
    /// The lowest place, from 1.
    pub from: u64,
    /// The highest place.
    pub to: u64,
    /// From the highest down.
    pub backwards: bool,
    /// Only events of these categories; none: all.
    pub categories: Vec<String>,
    /// Only events of these types; none: all.
    pub types: Vec<String>,
    /// Read every event that is stored, also behind the recorded head, which is not looked at: for a store that is damaged.
    pub beyond_head: bool,
}

/// The highest place there can be: stores keep places as signed 64-bit integers.
pub(crate) const LAST_PLACE: u64 = i64::MAX.unsigned_abs();

impl ReadQuery {
    /// Everything, forwards.
    pub fn all() -> Self {
        Self {
            source: Source::All,
            from: 1,
            to: LAST_PLACE,
            backwards: false,
            categories: Vec::new(),
            types: Vec::new(),
            beyond_head: false,
        }
    }

    /// All of one stream, forwards.
    pub fn stream(stream: StreamName) -> Self {
        Self { source: Source::Stream(stream), ..Self::all() }
    }

    /// From this place on; 0 means 1.
    #[must_use]
    pub fn from(mut self, place: u64) -> Self {
        self.from = place.clamp(1, LAST_PLACE);
        self
    }

    /// Up to and including this place.
    #[must_use]
    pub fn to(mut self, place: u64) -> Self {
        self.to = place.min(LAST_PLACE);
        self
    }

    /// From the highest place down.
    #[must_use]
    pub fn backwards(mut self) -> Self {
        self.backwards = true;
        self
    }

    /// Only events of these categories; none: all.
    #[must_use]
    pub fn categories(mut self, categories: Vec<String>) -> Self {
        self.categories = categories;
        self
    }

    /// Only events of these types; none: all.
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

    /// Reads every event that is stored, also behind the recorded head, which is not looked at.
    #[must_use]
    pub fn beyond_head(mut self) -> Self {
        self.beyond_head = true;
        self
    }

    /// Whether an event of this stream and type is wanted.
    pub fn wants(&self, stream: &str, event_type: &str) -> bool {
        (self.categories.is_empty() || self.categories.iter().any(|category| category == category_of(stream)))
            && (self.types.is_empty() || self.types.iter().any(|wanted| wanted == event_type))
    }
}

/// A part of what a [`ReadQuery`] asks for.
#[derive(Debug, Default)]
pub struct Page {
    /// The events.
    pub events: EventChunk,
    /// How many events were looked at, wanted or not: as many as the places passed, where none is missing.
    pub looked_at: u64,
    /// The place looked at first.
    pub first: u64,
    /// The place looked at last.
    pub last: u64,
    /// The highest place of the source, found out before the events were read: at least up to there they must
    /// be. More may have come since.
    pub highest: u64,
    /// Whether there was nothing more to look at.
    pub end: bool,
    /// The version of the reserved stream of quarantines, as of this page.
    pub quarantine: Version,
}

impl Page {
    /// Returns whether a place comes right after the one looked at last. If not, the page ends before it, so that what is
    /// before a gap is read, and the next page begins with the gap.
    pub(crate) fn is_followed_by(&self, place: u64, backwards: bool) -> bool {
        let next = if backwards { self.last.checked_sub(1) } else { self.last.checked_add(1) };
        self.looked_at == 0 || next == Some(place)
    }

    /// Notes that a place was looked at.
    pub(crate) fn look_at(&mut self, place: u64) {
        self.last = place;
        if self.looked_at == 0 {
            self.first = place;
        }
        self.looked_at += 1;
    }
}

/// Which streams to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamQuery {
    /// Only of this category.
    pub category: Option<String>,
    /// Only names that start with this.
    pub prefix: Option<String>,
    /// Only names after this one.
    pub after: Option<String>,
    /// At most so many.
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
}

impl StreamInfo {
    /// Its name, checked.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when it is no name that a store takes.
    pub fn name(&self) -> Result<StreamName, StoreError> {
        let damaged = |error| StoreError::integrity(format!("a stream has a name that was never taken: {error}"));
        StreamName::recorded(&self.stream).map_err(damaged)
    }
}
