//! The status of a checkpoint.

use serde::Serialize;

use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::projections::status::ProjectionState;

/// The state of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckpointState {
    /// Nothing waits.
    Current,
    /// There are newer events, but none is addressed to the reader.
    Idle,
    /// Events wait.
    Behind,
    /// The checkpoint is beyond the last event: it is of another store, or of this one before it was restored.
    Ahead,
    /// The store has no event of the stream, category or type that the reader asks for.
    Unaddressed,
    /// The place cannot be read.
    Unreadable,
    /// A state that only projections of esctl have.
    #[serde(untagged)]
    Projection(ProjectionState),
}

impl CheckpointState {
    /// Returns the name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Idle => "idle",
            Self::Behind => "behind",
            Self::Ahead => "ahead",
            Self::Unaddressed => "unaddressed",
            Self::Unreadable => "unreadable",
            Self::Projection(state) => state.name(),
        }
    }

    /// Returns true if the reader cannot go on without an operator.
    pub fn is_broken(self) -> bool {
        matches!(self, Self::Ahead | Self::Unreadable | Self::Projection(ProjectionState::Foreign | ProjectionState::Stopped))
    }
}

impl From<ProjectionState> for CheckpointState {
    fn from(state: ProjectionState) -> Self {
        match state {
            ProjectionState::Current => Self::Current,
            ProjectionState::Idle => Self::Idle,
            ProjectionState::Behind => Self::Behind,
            other => Self::Projection(other),
        }
    }
}

/// The place of a projection or of a reader of another program.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckpointStatus {
    /// The name of the reader.
    pub name: String,
    /// The state.
    pub state: CheckpointState,
    /// The last position that was handled; 0: none yet; none: the checkpoint has no position in all events.
    pub position: Option<Position>,
    /// The last version that was handled, if the reader reads one stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The last position of the store; none if it has no positions.
    pub head: Option<Position>,
    /// The number of events that wait; none: it cannot be said.
    pub lag_events: Option<u64>,
    /// The seconds since the oldest waiting event; 0 if none waits; none: the event has no time.
    pub lag_seconds: Option<f64>,
    /// The time of the last event that was handled, or at which the checkpoint last moved.
    pub time: Option<Timestamp>,
    /// The stream that it reads, if it reads only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// The category that it reads, if it reads only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The type that it reads, if it reads only one.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// The reason for the state, where there is more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
