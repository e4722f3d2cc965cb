//! The stored failed events of a projection. They are kept with the read model, so that both change together.

use serde::Deserialize;
use serde::Serialize;
use uuid::Uuid;

use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::error::StoreError;

/// The state of a failed event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailedEventState {
    /// The projection is stopped at the event.
    Failing,
    /// The event and the later events of its stream wait; the projection continues with other streams.
    Parked,
    /// An operator made this projection leave the event out.
    Skipped,
    /// The event should be in the rows and is not, or should not be and is: a skip or a quarantine was taken back, or the event
    /// was quarantined after it was applied. Only a rebuild corrects the rows.
    Missing,
    /// The event is left out because it is quarantined.
    Quarantined,
}

/// An event that a projection could not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedEvent {
    /// The id of the event.
    pub event_id: Uuid,
    /// The position of the event.
    pub position: Position,
    /// The stream of the event.
    pub stream: String,
    /// The version of the event.
    pub version: Version,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The error of the last attempt.
    pub error: String,
    /// The number of attempts.
    pub attempts: u32,
    /// The time of the first attempt.
    pub first_at: Timestamp,
    /// The time of the last attempt, or of the skip.
    pub last_at: Timestamp,
    /// The state.
    pub state: FailedEventState,
}

impl FailedEvent {
    /// Returns the JSON that a database stores.
    pub(crate) fn to_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|error| StoreError::Bug(format!("cannot write a failed event as JSON: {error}")))
    }

    /// Reads a failed event from its stored JSON; `event_id` and `position` are the columns beside it, where there are any.
    ///
    /// A damaged entry becomes a [missing](FailedEventState::Missing) event: the rows may lack it until they are rebuilt.
    pub(crate) fn stored(text: &str, event_id: Option<Uuid>, position: Option<i64>) -> Self {
        let position = position.map(|position| Position(u64::try_from(position).unwrap_or(0)));
        let failed = serde_json::from_str::<Self>(text).ok();
        let fits = |failed: &Self| {
            event_id.is_none_or(|event_id| event_id == failed.event_id)
                && position.is_none_or(|position| position == failed.position)
        };
        failed.filter(fits).unwrap_or_else(|| Self {
            event_id: event_id.unwrap_or_default(),
            position: position.unwrap_or_default(),
            stream: String::new(),
            version: Version::ZERO,
            event_type: String::new(),
            error: "the record of this failed event is damaged".to_owned(),
            attempts: 0,
            first_at: Timestamp::MIN,
            last_at: Timestamp::MIN,
            state: FailedEventState::Missing,
        })
    }
}

/// The changes of a commit to the failed events of its read model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailedEventChanges {
    /// Failed events to store; an earlier entry of the same event is replaced.
    pub put: Vec<FailedEvent>,
    /// The ids of events that are applied now.
    pub solved: Vec<Uuid>,
}
