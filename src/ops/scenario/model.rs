//! A scenario: given events, steps, and expectations.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::event::EventType;
use crate::event::ExpectedVersion;
use crate::event::JsonObject;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::projections::create::CreateProjection;
use crate::ops::reducer::Reducer;
use crate::ops::replay::PointInTime;

/// A test of a domain in a file: given events, steps, and expectations.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The name of the scenario.
    pub name: String,
    /// The line that the scenario begins in, from 1.
    pub line: usize,
    /// The initial time of the clock.
    pub clock: Timestamp,
    /// The projections of the scenario.
    pub projections: Vec<CreateProjection>,
    /// The events before the first step.
    pub given: Vec<GivenEvent>,
    /// The steps, in order.
    pub steps: Vec<ScenarioStep>,
}

/// An event before the first step.
#[derive(Debug, Clone)]
pub struct GivenEvent {
    /// The event.
    pub append: EventSpec,
    /// The time of the event; none: the time of the clock.
    pub at: Option<Timestamp>,
}

/// A step of a scenario.
#[derive(Debug, Clone)]
pub struct ScenarioStep {
    /// The line that the step begins in, from 1.
    pub line: usize,
    /// A short description.
    pub title: String,
    /// The action of the step.
    pub action: Action,
}

/// The action of a step.
#[derive(Debug, Clone)]
pub enum Action {
    /// Executes a write.
    Write(ExpectedWrite),
    /// Executes several writes at the same time.
    AtOnce(Vec<ExpectedWrite>, RaceExpect),
    /// Advances the clock.
    Advance(Duration),
    /// Queries a read model.
    Query(QueryCheck),
    /// Replays a stream.
    Replay(ReplayCheck),
}

/// A write and its expected outcome.
#[derive(Debug, Clone)]
pub struct ExpectedWrite {
    /// The write.
    pub write: Write,
    /// The expected outcome.
    pub expect: Expect,
    /// The number of times that it is executed at once; 1 outside a race.
    pub times: u64,
}

/// A change of a stream.
#[derive(Debug, Clone)]
pub enum Write {
    /// A command for the command bus.
    Command(Box<CommandSpec>),
    /// An event of any application.
    Append(Box<EventSpec>),
}

/// A command of a scenario.
#[derive(Debug, Clone)]
pub struct CommandSpec {
    /// The name of the command.
    pub command: String,
    /// The id in the name of the stream.
    pub id: String,
    /// The payload.
    pub payload: Value,
    /// The client that sends the command.
    pub client: String,
    /// The expected version of the stream.
    pub expected: Option<Version>,
    /// The idempotency key: a repeated command is applied once.
    pub idempotency_key: Option<String>,
    /// The correlation id.
    pub correlation_id: Option<String>,
    /// The causation id.
    pub causation_id: Option<String>,
    /// Maximum number of retries after a conflict.
    pub retries: Option<u32>,
}

/// An event of a scenario.
#[derive(Debug, Clone)]
pub struct EventSpec {
    /// The stream.
    pub stream: StreamName,
    /// The type of the event.
    pub event_type: EventType,
    /// The schema version of the data.
    pub schema_version: u32,
    /// The data.
    pub data: JsonObject,
    /// The metadata.
    pub metadata: JsonObject,
    /// The event id; a new one if there is none.
    pub event_id: Option<Uuid>,
    /// The expected version of the stream.
    pub expected: ExpectedVersion,
    /// The client that appends the event.
    pub client: String,
}

/// The expected outcome of a write.
#[derive(Debug, Clone)]
pub enum Expect {
    /// The write succeeds.
    Success(ExpectedSuccess),
    /// A rule of the domain refuses the command.
    Rejected {
        /// The code of the rejection.
        code: String,
        /// A part of the message.
        message: Option<String>,
    },
    /// The stream was modified concurrently, or an id was used before.
    Conflict {
        /// The code of the conflict; none: any.
        code: Option<String>,
    },
}

/// The expected result of a write that succeeds. Fields without a value are not compared.
#[derive(Debug, Clone, Default)]
pub struct ExpectedSuccess {
    /// The outcome: `applied`, `already_applied` or `unchanged`.
    pub outcome: Option<String>,
    /// All events, in order.
    pub events: Option<Vec<ExpectedEvent>>,
    /// The version of the stream after the write.
    pub version: Option<u64>,
    /// The codes of all notes, in order.
    pub notes: Option<Vec<String>>,
    /// A part of the state after the write.
    pub state: Option<Value>,
}

/// An expected event.
#[derive(Debug, Clone)]
pub struct ExpectedEvent {
    /// The type of the event.
    pub event_type: String,
    /// A part of the data.
    pub data: Option<Value>,
}

/// The expected number of writes for each outcome of a race. Fields without a value are not compared.
#[derive(Debug, Clone, Default)]
pub struct RaceExpect {
    /// Writes that succeeded: applied, applied before, or without a change.
    pub succeed: Option<u64>,
    /// Writes that appended events.
    pub applied: Option<u64>,
    /// Writes that had been applied before.
    pub already_applied: Option<u64>,
    /// Writes that a rule refused, for each code.
    pub rejected: Vec<(String, u64)>,
    /// Writes that ended with a conflict.
    pub conflict: Option<u64>,
}

/// A query of a read model, with its expected rows.
#[derive(Debug, Clone)]
pub struct QueryCheck {
    /// The name of the read model.
    pub name: String,
    /// Fields and their required values.
    pub filters: Vec<(String, Value)>,
    /// A part of each row, for all rows in the order of their keys.
    pub rows: Option<Vec<Value>>,
    /// The number of rows.
    pub count: Option<u64>,
}

/// A replay of a stream, with its expected state.
#[derive(Debug, Clone)]
pub struct ReplayCheck {
    /// The stream.
    pub stream: StreamName,
    /// The end of the replay.
    pub until: PointInTime,
    /// The reducer that makes the state.
    pub reducer: Reducer,
    /// A part of the state.
    pub state: Option<Value>,
    /// The version that the replay reaches.
    pub version: Option<u64>,
    /// True if there must be no stream.
    pub missing: bool,
}
