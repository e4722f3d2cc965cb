//! The promises that are tried, in the words of the design.

use serde::Serialize;

use crate::event::Position;
use uuid::Uuid;

/// One promise of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Promise {
    /// Whole, once, as it was sent, and still there.
    Appends,
    /// Of two exactly one.
    ExpectedVersions,
    /// Nothing under one id twice.
    EventIds,
    /// No holes, nothing behind a reader's back.
    Positions,
    /// The same events, whichever way.
    Reading,
    /// Exactly once.
    ReadModels,
    /// Zero or one time.
    UnknownOutcomes,
    /// Always later.
    Times,
    /// Each link on the one before.
    HashChain,
}

impl Promise {
    /// All of them, in the order of a report.
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

    /// As it is written in reports.
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

    /// What is promised.
    pub fn text(self) -> &'static str {
        match self {
            Self::Appends => "an append is all or nothing, and what was acknowledged is there as it was sent",
            Self::ExpectedVersions => "of two appends with the same expected version exactly one succeeds; versions have no gaps",
            Self::EventIds => "an event id is appended once: the same batch is answered as before, other content refused",
            Self::Positions => "positions are dense and visible in their order: no reader misses or doubles an event",
            Self::Reading => "streams and store read the same in both directions and from anywhere",
            Self::ReadModels => "a read model has taken in each event exactly once, and stands on the last one",
            Self::UnknownOutcomes => "an unknown outcome is said to be unknown, and is there whole or not at all",
            Self::Times => "time grows with position",
            Self::HashChain => "each event's hash follows on the one before it, up to the head",
        }
    }
}

/// How often a promise was tried, and how often it did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// Which one.
    pub promise: Promise,
    /// What is promised.
    pub text: &'static str,
    /// How many single cases were looked at.
    pub tried: u64,
    /// How many of them did not hold.
    pub broken: u64,
}

/// A case in which a promise did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which one.
    pub promise: Promise,
    /// Where, if it is at a position.
    pub position: Option<Position>,
    /// Which event, if it is about one.
    pub event_id: Option<Uuid>,
    /// In which stream, if it is about one.
    pub stream: Option<String>,
    /// What is wrong.
    pub message: String,
}
