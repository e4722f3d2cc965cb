//! The demo: a resource is created, used, locked, refused and used again. Then its history is replayed, a snapshot is taken, the
//! read model is rebuilt and the chain is verified.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::aggregate::DecideError;
use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::projections::rebuild::rebuild_projection;
use crate::ops::reducer::Reducer;
use crate::ops::replay::PointInTime;
use crate::ops::replay::Replay;
use crate::ops::replay::ReplayReport;
use crate::ops::replay::replay;
use crate::ops::snapshots::TakeSnapshot;
use crate::ops::snapshots::take;
use crate::ops::verify::Verify;
use crate::ops::verify::verify;
use crate::runtime::BatchSize;
use crate::runtime::Clock;
use crate::runtime::CommandBus;
use crate::runtime::CommandEnvelope;
use crate::runtime::QueryBus;
use crate::runtime::RuntimeError;
use crate::runtime::SnapshotPolicy;
use crate::runtime::WriteOptions;
use crate::store::Store;

/// A command of the demo.
struct DemoCommand {
    title: &'static str,
    client: &'static str,
    command: &'static str,
    payload: fn() -> Value,
    typed: &'static str,
}

/// The seven commands of the demo.
const COMMANDS: [DemoCommand; 7] = [
    DemoCommand {
        title: "A player gets 1000 gold, in a purse for 2000.",
        client: "server",
        command: "resource.create",
        payload: || json!({"owner_id": "player123", "resource_type": "gold", "initial_amount": 1000, "max_amount": 2000}),
        typed: "esctl resource create gold --owner player123 --type gold --amount 1000 --max 2000",
    },
    DemoCommand {
        title: "The player buys a sword for 200.",
        client: "player123",
        command: "resource.allocate",
        payload: || json!({"amount": 200, "reason": "a sword"}),
        typed: "esctl resource allocate gold 200 --reason 'a sword'",
    },
    DemoCommand {
        title: "A quest brings 500.",
        client: "server",
        command: "resource.add",
        payload: || json!({"amount": 500, "reason": "quest done"}),
        typed: "esctl resource add gold 500 --reason 'quest done'",
    },
    DemoCommand {
        title: "An admin locks the purse for maintenance.",
        client: "admin",
        command: "resource.lock",
        payload: || json!({"for": "5m", "reason": "maintenance"}),
        typed: "esctl resource lock gold --for 5m --reason maintenance",
    },
    DemoCommand {
        title: "The player wants a shield for 300, and is refused: the server decides.",
        client: "player123",
        command: "resource.allocate",
        payload: || json!({"amount": 300, "reason": "a shield"}),
        typed: "esctl resource allocate gold 300 --reason 'a shield'",
    },
    DemoCommand {
        title: "The admin is done and unlocks it.",
        client: "admin",
        command: "resource.unlock",
        payload: || json!({}),
        typed: "esctl resource unlock gold",
    },
    DemoCommand {
        title: "Now the shield can be bought.",
        client: "player123",
        command: "resource.allocate",
        payload: || json!({"amount": 300, "reason": "a shield"}),
        typed: "esctl resource allocate gold 300 --reason 'a shield'",
    },
];

/// The outcome of a step of the demo.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DemoStep {
    /// The description of the step.
    pub title: &'static str,
    /// The client that sends the command.
    pub client_id: &'static str,
    /// The command line of the step.
    pub command: &'static str,
    /// The types of the events that the command made.
    pub events: Vec<String>,
    /// The version of the stream after the step.
    pub version: Version,
    /// The amount of gold after the step.
    pub amount: Option<i64>,
    /// The reason for the rejection, if the command was rejected.
    pub rejected: Option<String>,
}

/// An event of the stream of the demo.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DemoEvent {
    /// The version of the event.
    pub version: Version,
    /// The time that the store gave the event.
    pub recorded_at: Timestamp,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The data of the event.
    pub data: Value,
}

/// The outcome of the demo.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DemoReport {
    /// The outcomes of the steps.
    pub steps: Vec<DemoStep>,
    /// The events of the stream.
    pub stream: Vec<DemoEvent>,
    /// The replay to a moment when the resource was locked.
    pub replay_locked: ReplayReport,
    /// The replay to the present.
    pub replay_now: ReplayReport,
    /// The version of the snapshot.
    pub snapshot_version: Version,
    /// The number of events that were applied in the rebuild.
    pub rebuilt_events: u64,
    /// The number of events that were verified.
    pub verified_events: u64,
    /// True if the verification found no damage.
    pub verified: bool,
    /// The position of the head.
    pub head_position: Position,
    /// The hash of the head.
    pub head_hash: Hash,
}

/// Runs the demo in an empty store.
pub async fn demo(store: &Store, clock: &Clock) -> Result<DemoReport, OpsError> {
    let stream = StreamName::of("resource", "gold")?;
    let bus = CommandBus::new(store.clone(), clock.clone(), SnapshotPolicy::default());
    let mut steps = Vec::with_capacity(COMMANDS.len());
    for command in &COMMANDS {
        steps.push(step(&bus, command).await?);
    }
    let events = events_of(store, &stream).await?;
    // The resource was locked from the moment of the event that locked it.
    let locked =
        events.iter().find(|event| event.event_type == "resource.locked").map_or(Timestamp::MIN, |event| event.recorded_at);
    let now = clock();
    let to = |until| Replay { stream: stream.clone(), until, diff: None, reducer: Reducer::Own, snapshots: false, now };
    let replay_locked = replay(store, &to(PointInTime::Time(locked))).await?;
    let replay_now = replay(store, &to(PointInTime::Head)).await?;
    let taken = take(store, &stream, &TakeSnapshot { reducer: Reducer::Own, min_events: 0, now }).await?;
    let queries = QueryBus::new(store.clone(), clock.clone());
    let rebuilt = rebuild_projection(store, &queries, "resources", BatchSize::default(), clock.clone(), &mut |_| {}).await?;
    let verified = verify(store, &Verify::default(), &mut |_| {}).await?;
    Ok(DemoReport {
        steps,
        stream: events,
        replay_locked,
        replay_now,
        snapshot_version: taken.version,
        rebuilt_events: rebuilt.events_applied,
        verified_events: verified.events,
        verified: verified.ok,
        head_position: verified.head_position,
        head_hash: verified.head_hash,
    })
}

async fn step(bus: &CommandBus, command: &DemoCommand) -> Result<DemoStep, OpsError> {
    let options = WriteOptions::by(command.client).retrying_for(Duration::ZERO);
    let envelope = CommandEnvelope::new(command.command, "gold", (command.payload)(), options);
    let mut step = DemoStep {
        title: command.title,
        client_id: command.client,
        command: command.typed,
        events: Vec::new(),
        version: Version::ZERO,
        amount: None,
        rejected: None,
    };
    match bus.send(&envelope).await {
        Ok(outcome) => {
            step.events = outcome.events.into_iter().map(|event| event.event_type).collect();
            step.version = outcome.version;
            step.amount = outcome.state["amount"].as_i64();
        }
        Err(RuntimeError::Decide(DecideError::Rejected(rejection))) => step.rejected = Some(rejection.message),
        Err(error) => return Err(error.into()),
    }
    Ok(step)
}

async fn events_of(store: &Store, stream: &StreamName) -> Result<Vec<DemoEvent>, OpsError> {
    let mut events = Vec::new();
    let mut scan = store.scan(crate::store::ReadQuery::stream(stream.clone()));
    while let Some(chunk) = scan.next().await? {
        events.extend(chunk.iter().map(|event| DemoEvent {
            version: event.version,
            recorded_at: event.recorded_at,
            event_type: event.event_type.to_owned(),
            data: serde_json::from_str(event.data).unwrap_or_default(),
        }));
    }
    Ok(events)
}
