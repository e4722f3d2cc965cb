//! The story that shows what esctl does: a resource is created, used, locked, refused and used again;
//! then its history is replayed, a snapshot taken, the read model rebuilt and the chain verified.

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
use crate::ops::replay::Replay;
use crate::ops::replay::ReplayReport;
use crate::ops::replay::Until;
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

/// One thing that somebody asks for.
struct Wish {
    title: &'static str,
    client: &'static str,
    command: &'static str,
    payload: fn() -> Value,
    typed: &'static str,
}

/// The seven steps.
const STORY: [Wish; 7] = [
    Wish {
        title: "A player gets 1000 gold, in a purse for 2000.",
        client: "server",
        command: "resource.create",
        payload: || json!({"owner_id": "player123", "resource_type": "gold", "initial_amount": 1000, "max_amount": 2000}),
        typed: "esctl resource create gold --owner player123 --type gold --amount 1000 --max 2000",
    },
    Wish {
        title: "The player buys a sword for 200.",
        client: "player123",
        command: "resource.allocate",
        payload: || json!({"amount": 200, "reason": "a sword"}),
        typed: "esctl resource allocate gold 200 --reason 'a sword'",
    },
    Wish {
        title: "A quest brings 500.",
        client: "server",
        command: "resource.add",
        payload: || json!({"amount": 500, "reason": "quest done"}),
        typed: "esctl resource add gold 500 --reason 'quest done'",
    },
    Wish {
        title: "An admin locks the purse for maintenance.",
        client: "admin",
        command: "resource.lock",
        payload: || json!({"for": "5m", "reason": "maintenance"}),
        typed: "esctl resource lock gold --for 5m --reason maintenance",
    },
    Wish {
        title: "The player wants a shield for 300, and is refused: the server decides.",
        client: "player123",
        command: "resource.allocate",
        payload: || json!({"amount": 300, "reason": "a shield"}),
        typed: "esctl resource allocate gold 300 --reason 'a shield'",
    },
    Wish {
        title: "The admin is done and unlocks it.",
        client: "admin",
        command: "resource.unlock",
        payload: || json!({}),
        typed: "esctl resource unlock gold",
    },
    Wish {
        title: "Now the shield can be bought.",
        client: "player123",
        command: "resource.allocate",
        payload: || json!({"amount": 300, "reason": "a shield"}),
        typed: "esctl resource allocate gold 300 --reason 'a shield'",
    },
];

/// How a step of the story ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DemoStep {
    /// What happens, in a sentence.
    pub title: &'static str,
    /// Who asks.
    pub client_id: &'static str,
    /// What one types for it.
    pub command: &'static str,
    /// The types of the events it led to.
    pub events: Vec<String>,
    /// Where the stream is after it.
    pub version: Version,
    /// How much gold there is after it.
    pub amount: Option<i64>,
    /// Why it was refused.
    pub rejected: Option<String>,
}

/// An event of the stream that the story left.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DemoEvent {
    /// Its place.
    pub version: Version,
    /// When.
    pub recorded_at: Timestamp,
    /// What.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The fact.
    pub data: Value,
}

/// The whole story.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DemoReport {
    /// The seven steps.
    pub steps: Vec<DemoStep>,
    /// The stream they left.
    pub stream: Vec<DemoEvent>,
    /// Replayed to the moment while it was locked.
    pub replay_locked: ReplayReport,
    /// Replayed to the present.
    pub replay_now: ReplayReport,
    /// The version a snapshot was taken at.
    pub snapshot_version: Version,
    /// How many events went into the read model that was rebuilt.
    pub rebuilt_events: u64,
    /// How many events the chain was verified over.
    pub verified_events: u64,
    /// Whether the chain is whole.
    pub verified: bool,
    /// The position of the head.
    pub head_position: Position,
    /// The hash of the head.
    pub head_hash: Hash,
}

/// Plays the story in an empty store.
///
/// # Errors
/// As the store says.
pub async fn demo(store: &Store, clock: &Clock) -> Result<DemoReport, OpsError> {
    let stream = StreamName::of("resource", "gold")?;
    let bus = CommandBus::new(store.clone(), clock.clone(), SnapshotPolicy::default());
    let mut steps = Vec::with_capacity(STORY.len());
    for wish in &STORY {
        steps.push(step(&bus, wish).await?);
    }
    let events = events_of(store, &stream).await?;
    // While it was locked: the moment of the locking itself is the first of them.
    let locked =
        events.iter().find(|event| event.event_type == "resource.locked").map_or(Timestamp::MIN, |event| event.recorded_at);
    let now = clock();
    let to = |until| Replay { stream: stream.clone(), until, diff: None, reducer: Reducer::Own, snapshots: false, now };
    let replay_locked = replay(store, &to(Until::Time(locked))).await?;
    let replay_now = replay(store, &to(Until::Head)).await?;
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

async fn step(bus: &CommandBus, wish: &Wish) -> Result<DemoStep, OpsError> {
    let options = WriteOptions::by(wish.client).retrying_for(Duration::ZERO);
    let envelope = CommandEnvelope::new(wish.command, "gold", (wish.payload)(), options);
    let mut step = DemoStep {
        title: wish.title,
        client_id: wish.client,
        command: wish.typed,
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
