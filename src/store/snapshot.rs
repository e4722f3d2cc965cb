//! A state kept so that it need not be folded from the start. It can be thrown away at any time.

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
    /// The ids of quarantined events that the state leaves out, in ascending order.
    pub left_out: Vec<Uuid>,
    /// The hash of that JSON, and of `left_out` where it is not empty: what was changed since does not match it.
    pub state_hash: Hash,
}

/// Returns the hash that vouches for a state and for the events that it leaves out.
///
/// A program of schema version 2 that replaces a snapshot knows nothing of `left_out`: its hash is that of the state alone,
/// so a list that stayed behind does not match it.
pub fn state_hash(state: &str, left_out: &[Uuid]) -> Hash {
    if left_out.is_empty() {
        return text_hash(state);
    }
    text_hash(&format!("{}\n{state}", left_out_text(left_out)))
}

/// Returns the ids as they are kept: a JSON array.
pub(crate) fn left_out_text(left_out: &[Uuid]) -> String {
    let ids: Vec<String> = left_out.iter().map(|id| format!("\"{id}\"")).collect();
    format!("[{}]", ids.join(","))
}

/// Reads the ids as they are kept, and returns the state hash that goes with them. A text that is no such list fits no
/// snapshot: the hash is then that of nothing.
pub(crate) fn kept_left_out(text: &str, state_hash: Hash) -> (Vec<Uuid>, Hash) {
    serde_json::from_str(text).map_or((Vec::new(), Hash::ZERO), |ids| (ids, state_hash))
}

/// A hash as it is kept. What is not one is the hash of nothing, so a snapshot that has it fits nowhere: it is passed over
/// and named like any other that is wrong, where an error would take its whole stream away.
pub(crate) fn kept_hash(bytes: &[u8]) -> Hash {
    bytes.try_into().map_or(Hash::ZERO, Hash)
}

/// The version of a reducer as it is kept. What is not one is the highest, which no reducer has.
pub(crate) fn kept_reducer_version(number: Option<i64>) -> u32 {
    number.and_then(|number| u32::try_from(number).ok()).unwrap_or(u32::MAX)
}

impl Snapshot {
    /// What does not fit a stream that has, at the version of the snapshot, an event of this hash.
    pub fn misfit(&self, event: Option<Hash>) -> Option<Misfit> {
        match event {
            None => Some(Misfit::NoEvent),
            Some(hash) if hash != self.event_hash => Some(Misfit::History),
            Some(_) if state_hash(&self.state, &self.left_out) != self.state_hash => Some(Misfit::State),
            Some(_) => None,
        }
    }

    /// Returns the misfit of a state that leaves out other events than those that are quarantined now.
    pub fn misfit_of_quarantine(&self, quarantine: &Quarantine) -> Option<Misfit> {
        (quarantine.of_stream(self.stream.as_str(), self.version) != self.left_out).then_some(Misfit::Quarantine)
    }

    /// Whether another version of the reducer made it than today's.
    pub fn misfit_of_logic(&self, today: u32) -> Option<Misfit> {
        (self.reducer_version != today).then_some(Misfit::Logic { made_by: self.reducer_version, today })
    }
}

/// Why a snapshot is not to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// The stream does not reach that far.
    NoEvent,
    /// It stands on another event than the one that is there.
    History,
    /// Its state is not the one that was kept.
    State,
    /// It leaves out other events than those that are quarantined.
    Quarantine,
    /// Another version of the reducer made it.
    Logic {
        /// The version that made it.
        made_by: u32,
        /// The version there is.
        today: u32,
    },
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEvent => f.write_str("the stream has no event at that version"),
            Self::History => f.write_str("the event at that version has another hash"),
            Self::State => f.write_str("its state was changed after it was taken"),
            Self::Quarantine => f.write_str("it leaves out other events than those that are quarantined now"),
            Self::Logic { made_by, today } => write!(f, "made by version {made_by} of the reducer, this is {today}"),
        }
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

impl SnapshotInfo {
    /// Returns whether its version is one that no stream reaches: esctl never wrote it.
    pub fn is_out_of_range(&self) -> bool {
        self.version.0 > LAST_PLACE
    }
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

impl SnapshotQuery {
    /// The first and the last name of a stream that the answer can hold: a range that an index knows.
    pub(crate) fn streams(&self) -> (&str, &str) {
        match (&self.stream, &self.after) {
            (Some(stream), _) => (stream.as_str(), stream.as_str()),
            // No name of a stream begins with the last character there is.
            (None, Some((after, ..))) => (after, "\u{10FFFF}"),
            (None, None) => ("", "\u{10FFFF}"),
        }
    }
}
