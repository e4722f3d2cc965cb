//! Events that a projection cannot take in, as the store keeps them: with the read model, so that both move together.

use serde::Deserialize;
use serde::Serialize;
use uuid::Uuid;

use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::error::StoreError;

/// What becomes of an event that cannot be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemState {
    /// The projection stands before it.
    Failing,
    /// It and the later events of its stream are held back; the projection goes on with the others.
    Parked,
    /// It is left out, because an operator said so.
    Skipped,
    /// It was left out, and that was taken back: the rows lack it until they are built anew.
    Missing,
}

/// An event that a projection cannot take in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The id of the event.
    pub event_id: Uuid,
    /// Its place in the store.
    pub position: Position,
    /// Its stream.
    pub stream: String,
    /// Its place in the stream.
    pub version: Version,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Why it cannot be taken in, as it was said the last time.
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried first.
    pub first_at: Timestamp,
    /// When it was tried last, or skipped.
    pub last_at: Timestamp,
    /// What becomes of it.
    pub state: ProblemState,
}

impl Problem {
    /// As the database keeps it.
    pub(crate) fn to_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|error| StoreError::Bug(format!("a problem cannot be written: {error}")))
    }

    /// As it was kept.
    pub(crate) fn from_json(text: &str) -> Result<Self, StoreError> {
        let damaged = |_| StoreError::integrity("a problem of a projection is not what was written");
        serde_json::from_str(text).map_err(damaged)
    }
}

/// What a commit changes about the problems of its read model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProblemChanges {
    /// Problems to keep; one of the same event is replaced.
    pub put: Vec<Problem>,
    /// Ids of events that are none any more.
    pub solved: Vec<Uuid>,
}
