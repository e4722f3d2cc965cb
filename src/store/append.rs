//! What an append is made of, and what it answers.

use std::sync::Arc;

use crate::event::ExpectedVersion;
use crate::event::Hash;
use crate::event::NewEvent;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;

/// Where `recorded_at` comes from. It always grows with the position: `max(that, last + 1 µs)`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RecordTime {
    /// The clock of the store's machine.
    #[default]
    StoreClock,
    /// A clock of the caller's own, for scenarios and tests.
    Clock(Timestamp),
    /// The times the events had elsewhere, one each. Accepted only where they keep growing.
    Given(Vec<Timestamp>),
}

/// One append, all or nothing: events for one stream.
#[derive(Debug, Clone)]
pub struct AppendRequest {
    /// The stream.
    pub stream: StreamName,
    /// What it must be like.
    pub expected: ExpectedVersion,
    /// In their order.
    pub events: Vec<NewEvent>,
    /// When they are recorded.
    pub time: RecordTime,
}

/// A checked [`AppendRequest`] as a backend gets it, with the content hash of each event. Cheap to clone.
#[derive(Debug, Clone)]
pub struct BackendAppend {
    /// The request.
    pub request: Arc<AppendRequest>,
    /// One for each event.
    pub content: Arc<[Hash]>,
}

/// Whether an append changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The events were recorded now.
    Applied,
    /// The very same events had been recorded before; nothing was changed.
    AlreadyApplied,
}

/// What the store added to an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppendedEvent {
    /// Its place in the store.
    pub position: Position,
    /// Its place in the stream.
    pub version: Version,
    /// Its time.
    pub recorded_at: Timestamp,
    /// Its link in the chain.
    pub hash: Hash,
}

/// The answer to an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Whether anything was changed.
    pub outcome: Outcome,
    /// One for each event of the request.
    pub events: Vec<AppendedEvent>,
    /// By how many microseconds the clock was behind the time of the event before; 0 when it was not.
    pub clock_behind_micros: u64,
}

/// What a backend answers to one append of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackendAnswer {
    /// Recorded.
    Appended(Appended),
    /// The stream is at another version than expected. Nothing was recorded.
    WrongVersion(Version),
    /// At least one event id is in the store. Nothing was recorded.
    KnownId,
    /// A given time is not after the time of the event before. Nothing was recorded.
    TimeGoesBack(Timestamp),
    /// The append is larger than this database takes as one. Nothing was recorded.
    TooLarge {
        /// How large it is.
        bytes: u64,
        /// What there is room for.
        limit: u64,
    },
}
