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
    /// It was left out or quarantined, and that was taken back, or it was quarantined after the rows took it in: the rows
    /// are not what they must be until they are built anew.
    Missing,
    /// It is left out, because it is quarantined.
    Quarantined,
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

    /// Returns a problem as the database keeps it: its JSON, and beside that the event and its position where these are kept
    /// too. One that esctl never wrote is a missing event: the rows may lack it until they are rebuilt.
    pub(crate) fn kept(text: &str, event_id: Option<Uuid>, position: Option<i64>) -> Self {
        let position = position.map(|position| Position(u64::try_from(position).unwrap_or(0)));
        let problem = serde_json::from_str::<Self>(text).ok();
        let fits = |problem: &Self| {
            event_id.is_none_or(|event_id| event_id == problem.event_id)
                && position.is_none_or(|position| position == problem.position)
        };
        problem.filter(fits).unwrap_or_else(|| Self {
            event_id: event_id.unwrap_or_default(),
            position: position.unwrap_or_default(),
            stream: String::new(),
            version: Version::ZERO,
            event_type: String::new(),
            error: "the record of this problem is damaged".to_owned(),
            attempts: 0,
            first_at: Timestamp::MIN,
            last_at: Timestamp::MIN,
            state: ProblemState::Missing,
        })
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
