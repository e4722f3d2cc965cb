//! Snapshots: stored states, which save folding from the first event. They can be deleted at any time.

use std::fmt;

use serde::Serialize;
use uuid::Uuid;

use crate::event::Hash;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::text_hash;
use crate::store::quarantine::Quarantine;
use crate::store::read::LAST_PLACE;

/// A state, with the values that it is checked against before it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The stream of the state.
    pub stream: StreamName,
    /// The version of the stream at the state.
    pub version: Version,
    /// The hash of the event at that version. A snapshot of another history does not match it.
    pub event_hash: Hash,
    /// The name of the reducer.
    pub reducer: String,
    /// The version of the reducer.
    pub reducer_version: u32,
    /// The time at which the snapshot was taken.
    pub taken_at: Timestamp,
    /// The state, as JSON.
    pub state: String,
    /// The ids of quarantined events that the state leaves out, in ascending order.
    pub left_out: Vec<Uuid>,
    /// The hash of that JSON, and of `left_out` where it is not empty. A later modification does not match it.
    pub state_hash: Hash,
}

/// Returns the hash of a state and of the events that it leaves out.
///
/// A program of schema version 2 that replaces a snapshot does not know `left_out`. Its hash covers the state alone, so the
/// list of the replaced snapshot does not match it.
pub fn state_hash(state: &str, left_out: &[Uuid]) -> Hash {
    if left_out.is_empty() {
        return text_hash(state);
    }
    text_hash(&format!("{}\n{state}", left_out_text(left_out)))
}

/// Returns the ids in their stored form, a JSON array.
pub(crate) fn left_out_text(left_out: &[Uuid]) -> String {
    let ids: Vec<String> = left_out.iter().map(|id| format!("\"{id}\"")).collect();
    format!("[{}]", ids.join(","))
}

/// Reads the stored ids, and returns the state hash to use with them. A damaged list gets the zero hash, which matches no
/// snapshot.
pub(crate) fn stored_left_out(text: &str, state_hash: Hash) -> (Vec<Uuid>, Hash) {
    serde_json::from_str(text).map_or((Vec::new(), Hash::ZERO), |ids| (ids, state_hash))
}

/// Reads a stored hash. A damaged one becomes the zero hash, which matches nothing. So the snapshot is passed over and
/// reported, and the other snapshots of the stream stay usable.
pub(crate) fn stored_hash(bytes: &[u8]) -> Hash {
    bytes.try_into().map_or(Hash::ZERO, Hash)
}

/// Reads the stored version of a reducer. A damaged one becomes the highest version, which no reducer has.
pub(crate) fn stored_reducer_version(number: Option<i64>) -> u32 {
    number.and_then(|number| u32::try_from(number).ok()).unwrap_or(u32::MAX)
}

impl Snapshot {
    /// Returns the mismatch with a stream whose event at the version of the snapshot has this hash.
    pub fn mismatch(&self, event: Option<Hash>) -> Option<SnapshotMismatch> {
        match event {
            None => Some(SnapshotMismatch::NoEvent),
            Some(hash) if hash != self.event_hash => Some(SnapshotMismatch::History),
            Some(_) if state_hash(&self.state, &self.left_out) != self.state_hash => Some(SnapshotMismatch::State),
            Some(_) => None,
        }
    }

    /// Returns a mismatch where the state leaves out other events than the quarantined ones.
    pub fn mismatch_of_quarantine(&self, quarantine: &Quarantine) -> Option<SnapshotMismatch> {
        (quarantine.of_stream(self.stream.as_str(), self.version) != self.left_out).then_some(SnapshotMismatch::Quarantine)
    }

    /// Returns a mismatch where another version of the reducer made the state.
    pub fn mismatch_of_logic(&self, today: u32) -> Option<SnapshotMismatch> {
        (self.reducer_version != today).then_some(SnapshotMismatch::Logic { made_by: self.reducer_version, today })
    }
}

/// The reason why a snapshot cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotMismatch {
    /// The stream has no event at that version.
    NoEvent,
    /// The event at that version is not the one that the state was folded up to.
    History,
    /// The state was modified after the snapshot was taken.
    State,
    /// The state leaves out other events than the quarantined ones.
    Quarantine,
    /// Another version of the reducer made the state.
    Logic {
        /// The version that made the state.
        made_by: u32,
        /// The current version.
        today: u32,
    },
}

impl fmt::Display for SnapshotMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEvent => f.write_str("the stream has no event at that version"),
            Self::History => f.write_str("the event at that version has another hash"),
            Self::State => f.write_str("its state was changed after it was taken"),
            Self::Quarantine => f.write_str("the quarantined events of the stream have changed since it was taken"),
            Self::Logic { made_by, today } => {
                write!(f, "made by version {made_by} of the reducer; the current version is {today}")
            }
        }
    }
}

/// A snapshot without its state, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotInfo {
    /// The stream of the state.
    pub stream: StreamName,
    /// The version of the stream at the state.
    pub version: Version,
    /// The name of the reducer.
    pub reducer: String,
    /// The version of the reducer.
    pub reducer_version: u32,
    /// The time at which the snapshot was taken.
    pub taken_at: Timestamp,
    /// The size of the state in bytes of JSON.
    pub bytes: u64,
}

impl SnapshotInfo {
    /// Returns true for a version that no stream reaches: esctl never wrote the snapshot.
    pub fn is_out_of_range(&self) -> bool {
        self.version.0 > LAST_PLACE
    }
}

/// A query for a list of snapshots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SnapshotQuery {
    /// The stream to list; `None` for all.
    pub stream: Option<StreamName>,
    /// The entry after which the answer begins, in the order of stream, reducer and version.
    pub after: Option<(String, String, Version)>,
    /// The largest number of entries.
    pub limit: usize,
}

impl SnapshotQuery {
    /// Returns the first and the last stream name that the answer can contain, as a range for an index.
    pub(crate) fn streams(&self) -> (&str, &str) {
        match (&self.stream, &self.after) {
            (Some(stream), _) => (stream.as_str(), stream.as_str()),
            // No stream name begins with the last character of Unicode.
            (None, Some((after, ..))) => (after, "\u{10FFFF}"),
            (None, None) => ("", "\u{10FFFF}"),
        }
    }
}
