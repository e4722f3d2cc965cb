//! Append requests and their answers.

use std::sync::Arc;

use crate::event::ExpectedVersion;
use crate::event::Hash;
use crate::event::NewEvent;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;

/// The source of `recorded_at`. The recorded time always grows with the position: `max(source, last + 1 µs)`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RecordTime {
    /// The clock of the store's machine.
    #[default]
    StoreClock,
    /// A clock of the caller, for scenarios and tests.
    Clock(Timestamp),
    /// The original times of copied events, one for each event. Refused unless they keep growing.
    Given(Vec<Timestamp>),
}

/// A request to append events to one stream, all or none.
#[derive(Debug, Clone)]
pub struct AppendRequest {
    /// The stream.
    pub stream: StreamName,
    /// The expected version of the stream.
    pub expected: ExpectedVersion,
    /// The events, in their order.
    pub events: Vec<NewEvent>,
    /// The source of the recorded times.
    pub time: RecordTime,
}

/// A checked [`AppendRequest`] with the content hash of each event. Cheap to clone.
#[derive(Debug, Clone)]
pub struct BackendAppend {
    /// The request.
    pub request: Arc<AppendRequest>,
    /// The content hashes, one for each event.
    pub content: Arc<[Hash]>,
}

/// The effect of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The events were recorded.
    Applied,
    /// The same events had been recorded before. Nothing was changed.
    AlreadyApplied,
}

/// The values that the store gave an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppendedEvent {
    /// The position of the event.
    pub position: Position,
    /// The version of the event.
    pub version: Version,
    /// The time at which the event was recorded.
    pub recorded_at: Timestamp,
    /// The hash of the event in the chain.
    pub hash: Hash,
}

/// The answer to an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The effect of the append.
    pub outcome: Outcome,
    /// The stored values, one for each event of the request.
    pub events: Vec<AppendedEvent>,
    /// The microseconds by which the clock was behind the previous event; 0 when it was not.
    pub clock_behind_micros: u64,
}

/// The answer of a backend to one append of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackendAnswer {
    /// The events were recorded.
    Appended(Appended),
    /// The stream is at another version than expected. Nothing was recorded.
    WrongVersion(Version),
    /// At least one event id is in the store. Nothing was recorded.
    KnownId,
    /// A given time is not after the time of the event before. Nothing was recorded.
    TimeGoesBack(Timestamp),
    /// The append is larger than this database accepts. Nothing was recorded.
    TooLarge {
        /// The size of the append.
        bytes: u64,
        /// The largest accepted size.
        limit: u64,
    },
}
