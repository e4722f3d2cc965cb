//! A state kept so that it need not be folded from the start. It can be thrown away at any time.

use serde::Serialize;

use crate::event::Hash;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::text_hash;

/// A state, and what it must be checked against before it is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Whose state.
    pub stream: StreamName,
    /// After how many events.
    pub version: Version,
    /// The hash of the event at that version: a snapshot of another history does not match it.
    pub event_hash: Hash,
    /// What made the state.
    pub reducer: String,
    /// The version of what made the state.
    pub reducer_version: u32,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// The state, as JSON.
    pub state: String,
    /// The hash of that JSON: a state that was changed since does not match it.
    pub state_hash: Hash,
}

impl Snapshot {
    /// Whether the state is what was kept.
    pub fn is_whole(&self) -> bool {
        text_hash(&self.state) == self.state_hash
    }
}

/// A snapshot in a list, without its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotInfo {
    /// Whose state.
    pub stream: StreamName,
    /// After how many events.
    pub version: Version,
    /// What made the state.
    pub reducer: String,
    /// The version of what made the state.
    pub reducer_version: u32,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// How many bytes of JSON the state has.
    pub bytes: u64,
}

/// Which snapshots to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SnapshotQuery {
    /// Only of this stream.
    pub stream: Option<StreamName>,
    /// Only after this one in the order of stream, reducer, version.
    pub after: Option<(String, String, Version)>,
    /// At most so many.
    pub limit: usize,
}
