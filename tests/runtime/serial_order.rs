//! Random commands of many callers on one stream: each outcome is that of some serial order.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use esctl::aggregate::DecideError;
use esctl::domain;
use esctl::event::StreamName;
use esctl::event::Version;
use esctl::runtime::CommandEnvelope;
use esctl::runtime::CommandResult;
use esctl::runtime::RuntimeError;
use esctl::store::ReadQuery;
use esctl::store::StoreError;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::runtime::hot_stream::Sent;
use crate::runtime::kit::World;
use crate::runtime::kit::command;
use crate::runtime::kit::world;

crate::on_every_backend! {
    outcomes_are_those_of_some_serial_order
}

/// One command of the model test: its name, its amount, its key, and the version that it expects.
type Step = (u8, u64, Option<u8>, Option<u64>);

fn step() -> impl Strategy<Value = Step> {
    let key = prop_oneof![3 => Just(None), 1 => (0..3_u8).prop_map(Some)];
    let expected = prop_oneof![4 => Just(None), 1 => (0..12_u64).prop_map(Some)];
    (0..6_u8, 1..6_u64, key, expected)
}

fn envelope((kind, amount, key, expected): Step) -> CommandEnvelope {
    let (name, payload) = match kind {
        0 => ("resource.create", json!({"owner_id": "a", "resource_type": "t", "initial_amount": 9, "max_amount": 12})),
        1 | 2 => ("resource.allocate", json!({ "amount": amount })),
        3 => ("resource.add", json!({ "amount": amount })),
        4 => ("resource.lock", json!({"for": "5m"})),
        _ => ("resource.unlock", json!({})),
    };
    let mut envelope = command(name, "gold", payload);
    envelope.options.idempotency_key = key.map(|key| format!("k{key}"));
    envelope.options.expected = expected.map(Version);
    envelope.options.retry_for = Duration::from_secs(60);
    envelope
}

fn outcomes_are_those_of_some_serial_order(on: Backend) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let cases = if on == Backend::Sqlite { 40 } else { 12 };
    let config = ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 0, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&(prop::collection::vec(step(), 1..40), any::<bool>()), |(steps, two)| {
            runtime.block_on(hold(on, &steps, two));
            Ok(())
        })
        .unwrap();
}

/// Sends all at once, over one bus or two, and finds each outcome in the history that came of it.
async fn hold(on: Backend, steps: &[Step], two: bool) {
    let world = world(on);
    world.store.init().await.unwrap();
    let buses = [world.bus(7), world.bus(7)];
    // The version that some caller has been given already: what begins after that must see it.
    let seen = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (steps.iter().enumerate())
        .map(|(n, step)| {
            let (bus, envelope, seen) = (buses[if two { n % 2 } else { 0 }].clone(), envelope(*step), Arc::clone(&seen));
            tokio::spawn(async move {
                let from = seen.load(Ordering::SeqCst);
                let sent = bus.send(&envelope).await;
                if let Ok(outcome) = &sent {
                    seen.fetch_max(outcome.version.0, Ordering::SeqCst);
                }
                (envelope, from, sent)
            })
        })
        .collect();
    let mut sent = Vec::new();
    for task in tasks {
        sent.push(task.await.unwrap());
    }
    let history = History::read(&world).await;
    let applied: usize = sent
        .iter()
        .filter_map(|(.., sent)| sent.as_ref().ok())
        .filter(|o| o.outcome == CommandResult::Applied)
        .map(|o| o.events.len())
        .sum();
    assert_eq!(applied, history.events.len(), "each event belongs to one answer");
    for (envelope, from, outcome) in &sent {
        history.explains(envelope, *from, outcome, &sent);
    }
}

/// The events of the stream, and the state before each.
struct History {
    events: Vec<(uuid::Uuid, String)>,
    states: Vec<Box<dyn esctl::aggregate::Decider>>,
    now: esctl::event::Timestamp,
}

impl History {
    async fn read(world: &World) -> Self {
        let stream: StreamName = "resource-gold".parse().unwrap();
        let empty = || (domain::of_category("resource").unwrap().aggregate)(stream.as_str());
        let mut fold = empty();
        let (mut events, mut states) = (Vec::new(), vec![empty()]);
        let mut scan = world.store.scan(ReadQuery::stream(stream.clone()));
        let mut now = world.clock()();
        while let Some(chunk) = scan.next().await.unwrap() {
            for event in chunk.iter() {
                fold.apply(&event).unwrap();
                events.push((event.event_id, event.data.to_owned()));
                states.push(fold.clone());
                now = now.max(event.recorded_at);
            }
        }
        Self { events, states, now }
    }

    fn explains(&self, envelope: &CommandEnvelope, from: u64, outcome: &Sent, all: &[(CommandEnvelope, u64, Sent)]) {
        let decide = |version: usize| self.states[version].decide(&envelope.command, &envelope.payload, self.now);
        let same_key = |(other, ..): &&(CommandEnvelope, u64, Sent)| {
            other.options.idempotency_key.is_some() && other.options.idempotency_key == envelope.options.idempotency_key
        };
        let applied = |(.., sent): &&(CommandEnvelope, u64, Sent)| matches!(sent, Ok(o) if o.outcome == CommandResult::Applied);
        match outcome {
            Ok(outcome) if outcome.outcome == CommandResult::Applied => {
                let after = usize::try_from(outcome.version.0).unwrap();
                let before = after - outcome.events.len();
                assert!(outcome.version.0 > from, "it comes after what was seen before it");
                assert!(envelope.options.expected.is_none_or(|expected| expected.0 == before as u64), "{envelope:?} at {before}");
                let recorded: Vec<_> = outcome.events.iter().map(|e| (e.event_id, e.data.as_str().to_owned())).collect();
                assert_eq!(recorded, self.events[before..after]);
                assert_eq!(outcome.state["amount"], self.states[after].show(self.now)["amount"]);
                let decided: Vec<_> = decide(before).unwrap().iter().map(|e| without_times(e.data.as_str())).collect();
                let found: Vec<_> = outcome.events.iter().map(|e| without_times(e.data.as_str())).collect();
                assert_eq!(decided, found, "decided on the state right before it");
            }
            Ok(outcome) => {
                assert_eq!(outcome.outcome, CommandResult::AlreadyApplied, "{outcome:?}");
                let first = all.iter().filter(same_key).find(applied).unwrap().2.as_ref().unwrap();
                assert_eq!((&outcome.events, outcome.version), (&first.events, first.version));
            }
            Err(RuntimeError::Decide(DecideError::Rejected(no))) => {
                let refuses = |version| matches!(decide(version), Err(DecideError::Rejected(other)) if other.code == no.code);
                let from = usize::try_from(from).unwrap();
                assert!((from..self.states.len()).any(refuses), "{envelope:?}: {no:?} at no version from {from}");
            }
            Err(RuntimeError::Store(StoreError::Conflict { actual, .. })) => {
                assert!(envelope.options.expected.is_some_and(|expected| expected != *actual), "{envelope:?}: {actual}");
                assert!((from..self.states.len() as u64).contains(&actual.0));
            }
            Err(RuntimeError::KeyReused { .. }) => {
                let first = &all.iter().filter(same_key).find(applied).unwrap().0;
                assert!(first.command != envelope.command || first.payload != envelope.payload);
            }
            Err(error) => panic!("{envelope:?}: {error:?}"),
        }
    }
}

/// The data of an event but for the times in it: those are of the moment of deciding.
fn without_times(data: &str) -> Value {
    let mut data: Value = serde_json::from_str(data).unwrap();
    if let Some(data) = data.as_object_mut() {
        data.retain(|name, _| !["expiry", "last_regenerated"].contains(&name.as_str()));
    }
    data
}
