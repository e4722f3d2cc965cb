//! A scenario: what is given, the steps, and what is expected of each.

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
use crate::ops::replay::Until;

/// A story that must come out as it is told.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What it is called.
    pub name: String,
    /// The line it begins in, from 1.
    pub line: usize,
    /// Where the clock stands at first.
    pub clock: Timestamp,
    /// Projections of its own.
    pub projections: Vec<CreateProjection>,
    /// What has happened before.
    pub given: Vec<Given>,
    /// What happens, in this order.
    pub steps: Vec<Step>,
}

/// An event that has happened before.
#[derive(Debug, Clone)]
pub struct Given {
    /// The event.
    pub append: Append,
    /// When; where the clock stands unless told.
    pub at: Option<Timestamp>,
}

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// The line it begins in, from 1.
    pub line: usize,
    /// What it is, in a few words.
    pub title: String,
    /// What happens.
    pub action: Action,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Action {
    /// Somebody wants something.
    Try(Wish),
    /// Several want something at the same time.
    AtOnce(Vec<Wish>, RaceExpect),
    /// The clock moves on.
    Advance(Duration),
    /// A read model is asked.
    Query(Query),
    /// A stream is replayed.
    Replay(Replay),
}

/// Something that is wanted, and what is expected to become of it.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What.
    pub what: Write,
    /// What comes of it.
    pub expect: Expect,
    /// How often at the same time; 1 but in a race.
    pub times: u64,
}

/// What changes something.
#[derive(Debug, Clone)]
pub enum Write {
    /// A command, on the command bus.
    Run(Box<Run>),
    /// An event of any application.
    Append(Box<Append>),
}

/// A command.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its name.
    pub command: String,
    /// Which one.
    pub id: String,
    /// Its payload.
    pub payload: Value,
    /// Who.
    pub client: String,
    /// Where the stream must be.
    pub expected: Option<Version>,
    /// The same key twice changes nothing the second time.
    pub idempotency_key: Option<String>,
    /// What it belongs to.
    pub correlation_id: Option<String>,
    /// What caused it.
    pub causation_id: Option<String>,
    /// How often it is decided again after a conflict.
    pub retries: Option<u32>,
}

/// An event to append.
#[derive(Debug, Clone)]
pub struct Append {
    /// Which stream.
    pub stream: StreamName,
    /// What happened.
    pub event_type: EventType,
    /// Which shape the data has.
    pub schema_version: u32,
    /// The fact.
    pub data: JsonObject,
    /// What is known beside it.
    pub metadata: JsonObject,
    /// Its id; made where there is none.
    pub event_id: Option<Uuid>,
    /// What the stream must be like.
    pub expected: ExpectedVersion,
    /// Who.
    pub client: String,
}

/// What is expected of a write.
#[derive(Debug, Clone)]
pub enum Expect {
    /// It is done.
    Done(Done),
    /// A rule says no.
    Rejected {
        /// The code of the rejection.
        code: String,
        /// A part of what it says.
        message: Option<String>,
    },
    /// Somebody else was faster, or an id was used before.
    Conflict {
        /// The code of the conflict; none: any.
        code: Option<String>,
    },
}

/// What is expected of something that is done. What is not said may be anything.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// `applied`, `already_applied`, `unchanged`.
    pub outcome: Option<String>,
    /// Its events, in this order: all of them.
    pub events: Option<Vec<ExpectedEvent>>,
    /// Where the stream is after it.
    pub version: Option<u64>,
    /// The codes of its notes, in this order: all of them.
    pub notes: Option<Vec<String>>,
    /// What is in the state after it.
    pub state: Option<Value>,
}

/// An event that is expected.
#[derive(Debug, Clone)]
pub struct ExpectedEvent {
    /// What happened.
    pub event_type: String,
    /// What is in its data.
    pub data: Option<Value>,
}

/// How a race is expected to end: how many of those who tried. What is not said may be anything.
#[derive(Debug, Clone, Default)]
pub struct RaceExpect {
    /// Had what they wanted: applied, applied before, or nothing to change.
    pub succeed: Option<u64>,
    /// Recorded something.
    pub applied: Option<u64>,
    /// Were told that it had been recorded before.
    pub already_applied: Option<u64>,
    /// Were refused by a rule, by its code.
    pub rejected: Vec<(String, u64)>,
    /// Were too late.
    pub conflict: Option<u64>,
}

/// A question to a read model.
#[derive(Debug, Clone)]
pub struct Query {
    /// Its name.
    pub name: String,
    /// Fields and the values they must have.
    pub filters: Vec<(String, Value)>,
    /// What is in each row, in the order of the keys: all rows.
    pub rows: Option<Vec<Value>>,
    /// How many rows there are.
    pub count: Option<u64>,
}

/// A replay of a stream.
#[derive(Debug, Clone)]
pub struct Replay {
    /// Which stream.
    pub stream: StreamName,
    /// Up to where.
    pub until: Until,
    /// What makes the state.
    pub reducer: Reducer,
    /// What is in the state.
    pub state: Option<Value>,
    /// The version reached.
    pub version: Option<u64>,
    /// Whether there must be nothing to replay.
    pub missing: bool,
}
