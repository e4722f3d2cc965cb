//! The outcome of a command.

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::Note;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::runtime::new_events::OutcomeEvent;

/// The result of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandResult {
    /// Its events were recorded now.
    Applied,
    /// Its events were recorded before, under the same idempotency key.
    AlreadyApplied,
    /// Its events would be recorded.
    DryRun,
    /// There was nothing to change.
    Unchanged,
}

/// The outcome of a command.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommandOutcome {
    /// The result of the command.
    pub outcome: CommandResult,
    /// The id of the target.
    pub id: String,
    /// The stream.
    pub stream: StreamName,
    /// The version of the stream after the command.
    pub version: Version,
    /// The position of the last event; `None` if nothing was recorded.
    pub position: Option<Position>,
    /// The events of the command.
    pub events: Vec<OutcomeEvent>,
    /// Notes about the events. Absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// The full state before the command, as of the moment of [`CommandOutcome::state`], where the options ask for it.
    #[serde(skip)]
    pub state_before: Option<Value>,
    /// The full state after the command.
    pub state: Value,
    /// The ids of quarantined events that the state leaves out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Uuid>,
    /// Time by which the clock was behind that of the store, in microseconds; 0 if it was not.
    #[serde(skip)]
    pub clock_behind_micros: u64,
}
