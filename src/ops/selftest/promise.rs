//! The promises that the selftest checks.

use serde::Serialize;

use crate::event::Position;
use uuid::Uuid;

/// A promise of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Promise {
    /// An append is applied as a whole, once, as it was sent, and stays.
    Appends,
    /// Of two appends with the same expected version one succeeds.
    ExpectedVersions,
    /// An event id is in the store once.
    EventIds,
    /// Positions have no holes, and no event appears behind a reader.
    Positions,
    /// Every way of reading gives the same events.
    Reading,
    /// A read model applies each event exactly once.
    ReadModels,
    /// An append with an unknown outcome is applied once or not at all.
    UnknownOutcomes,
    /// Time grows with the position.
    Times,
    /// Each hash continues the one before it.
    HashChain,
}

impl Promise {
    /// All promises, in the order of a report.
    pub const ALL: [Self; 9] = [
        Self::Appends,
        Self::ExpectedVersions,
        Self::EventIds,
        Self::Positions,
        Self::Reading,
        Self::ReadModels,
        Self::UnknownOutcomes,
        Self::Times,
        Self::HashChain,
    ];

    /// Returns the name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Appends => "appends",
            Self::ExpectedVersions => "expected_versions",
            Self::EventIds => "event_ids",
            Self::Positions => "positions",
            Self::Reading => "reading",
            Self::ReadModels => "read_models",
            Self::UnknownOutcomes => "unknown_outcomes",
            Self::Times => "times",
            Self::HashChain => "hash_chain",
        }
    }

    /// Returns the text of the promise.
    pub fn text(self) -> &'static str {
        match self {
            Self::Appends => "an append is applied as a whole or not at all, and an acknowledged one is stored as it was sent",
            Self::ExpectedVersions => "of two appends with the same expected version exactly one succeeds; versions have no gaps",
            Self::EventIds => "an event id is stored once: a repeated batch gets the same answer, other content is refused",
            Self::Positions => "positions have no holes and appear in order: no reader misses or repeats an event",
            Self::Reading => "streams and store read the same in both directions and from any point",
            Self::ReadModels => "a read model applies each event exactly once, up to the last one",
            Self::UnknownOutcomes => "an append with an unknown outcome is stored completely or not at all",
            Self::Times => "time grows with position",
            Self::HashChain => "each hash continues the one before it, up to the head",
        }
    }
}

/// A promise, with the number of times that it was tried and broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromiseResult {
    /// The promise.
    pub promise: Promise,
    /// The text of the promise.
    pub text: &'static str,
    /// The number of cases that were checked.
    pub tried: u64,
    /// The number of cases in which the promise did not hold.
    pub broken: u64,
}

/// A case in which a promise did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BrokenPromise {
    /// The promise.
    pub promise: Promise,
    /// The position, if the case is at one.
    pub position: Option<Position>,
    /// The event id, if the case is about one.
    pub event_id: Option<Uuid>,
    /// The stream, if the case is about one.
    pub stream: Option<String>,
    /// The description of the fault.
    pub message: String,
}
