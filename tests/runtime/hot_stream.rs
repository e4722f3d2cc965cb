//! Many callers on one stream: all are answered, each by itself, as if they had come one after the other.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;
use std::time::Duration;

use esctl::aggregate::DecideError;
use esctl::domain;
use esctl::event::ExpectedVersion;
use esctl::event::StreamName;
use esctl::event::Version;
use esctl::ops::quarantine::QuarantineAction;
use esctl::ops::quarantine::QuarantineChange;
use esctl::ops::quarantine::change_quarantine;
use esctl::runtime::CommandBus;
use esctl::runtime::CommandEnvelope;
use esctl::runtime::CommandObserver;
use esctl::runtime::CommandOutcome;
use esctl::runtime::CommandResult;
use esctl::runtime::ConflictReason;
use esctl::runtime::DocumentStore;
use esctl::runtime::LoadOptions;
use esctl::runtime::QueryBus;
use esctl::runtime::RuntimeError;
use esctl::runtime::WriteOptions;
use esctl::runtime::load;
use esctl::store::SnapshotQuery;
use esctl::store::StoreError;
use serde_json::json;

use crate::common::backend::Backend;
use crate::runtime::kit::World;
use crate::runtime::kit::command;
use crate::runtime::kit::world;

crate::on_every_backend! {
    none_of_thirty_two_callers_is_refused
    two_programs_on_one_stream_are_both_served
}

mod one_thread {
    crate::on_every_backend! { async:
        one_key_that_waits_twice_counts_once
        exactly_one_of_the_callers_that_expect_a_version_is_served
        a_command_is_refused_by_the_state_after_those_before
        one_event_that_is_too_large_is_refused_alone
        a_cancelled_caller_does_not_cancel_others
        a_panic_while_deciding_does_not_affect_other_callers
        a_future_that_is_not_polled_delays_no_other
        snapshots_are_taken_on_the_way
        events_of_other_programs_are_seen
        a_quarantine_by_another_program_counts_from_then_on
    }
    use super::*;
}

pub type Sent = Result<CommandOutcome, RuntimeError>;

/// Runs a test on several threads.
fn on_threads<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap().block_on(test)
}

async fn at_once(bus: &CommandBus, commands: Vec<CommandEnvelope>) -> Vec<Sent> {
    let send = |command: CommandEnvelope| {
        let bus = bus.clone();
        tokio::spawn(async move { bus.send(&command).await })
    };
    let tasks: Vec<_> = commands.into_iter().map(send).collect();
    let mut sent = Vec::new();
    for task in tasks {
        sent.push(task.await.unwrap());
    }
    sent
}

fn allocate(amount: u64) -> CommandEnvelope {
    let mut allocate = command("resource.allocate", "gold", json!({ "amount": amount }));
    allocate.options.retries = Some(0);
    allocate
}

async fn version(world: &World, stream: &str) -> u64 {
    world.store.stream_version(stream.parse().unwrap()).await.unwrap().0
}

/// An observer that counts the notifications.
#[derive(Default)]
struct CountingObserver {
    answered: AtomicU64,
    conflicts: AtomicU64,
}

impl CommandObserver for CountingObserver {
    fn answered(&self, _: Option<&'static str>, _: &Sent, _: Duration) {
        self.answered.fetch_add(1, Ordering::SeqCst);
    }
    fn conflict(&self, _: ConflictReason) {
        self.conflicts.fetch_add(1, Ordering::SeqCst);
    }
}

fn none_of_thirty_two_callers_is_refused(on: Backend) {
    on_threads(async {
        let world = world(on);
        world.create("gold", 100_000).await;
        let observer = Arc::new(CountingObserver::default());
        let bus = world.bus(0).observed_by(observer.clone());
        let callers = (0..32).map(|_| {
            let bus = bus.clone();
            tokio::spawn(async move {
                let mut versions = Vec::new();
                for _ in 0..10 {
                    let outcome = bus.send(&allocate(1)).await.unwrap();
                    assert_eq!(outcome.state["amount"], 100_000 + 1 - outcome.version.0, "the state is that after the command");
                    assert_eq!(outcome.events[0].version, outcome.version);
                    versions.push(outcome.version.0);
                }
                assert!(versions.is_sorted(), "one caller's commands are in its order");
                versions
            })
        });
        let callers: Vec<_> = callers.collect();
        let mut versions = Vec::new();
        for caller in callers {
            versions.extend(caller.await.unwrap());
        }
        versions.sort_unstable();
        assert_eq!(versions, (2..=321).collect::<Vec<_>>());
        assert_eq!((observer.answered.load(Ordering::SeqCst), observer.conflicts.load(Ordering::SeqCst)), (320, 0));
    });
}

fn two_programs_on_one_stream_are_both_served(on: Backend) {
    on_threads(async {
        let world = world(on);
        world.create("gold", 1000).await;
        // A bus has queues of its own, as a process has.
        let buses = [world.bus(0), world.bus(0)];
        let callers: Vec<_> = (0..16)
            .map(|n| {
                let bus = buses[n % 2].clone();
                tokio::spawn(async move {
                    let mut allocate = allocate(1);
                    (allocate.options.retries, allocate.options.retry_for) = (None, Duration::from_secs(60));
                    for _ in 0..5 {
                        bus.send(&allocate).await.unwrap();
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        assert_eq!(version(&world, "resource-gold").await, 81);
    });
}

async fn one_key_that_waits_twice_counts_once(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    let keyed = |key: &str, amount| {
        let mut allocate = allocate(amount);
        allocate.options.idempotency_key = Some(key.into());
        allocate
    };
    let mut commands: Vec<_> = (0..12).map(|_| keyed("a", 10)).collect();
    commands.extend((0..4).map(|_| keyed("b", 1)));
    commands.push(keyed("b", 2));
    let sent = at_once(&world.bus(0), commands).await;
    let applied = |outcome: &Sent| matches!(outcome, Ok(outcome) if outcome.outcome == CommandResult::Applied);
    assert_eq!(sent[..12].iter().filter(|outcome| applied(outcome)).count(), 1);
    assert_eq!(sent[12..].iter().filter(|outcome| applied(outcome)).count(), 1);
    let events = |outcome: &Sent| outcome.as_ref().unwrap().events[0].event_id;
    assert!(sent[..12].iter().all(|outcome| events(outcome) == events(&sent[0])));
    assert!(sent[12..].iter().any(|outcome| matches!(outcome, Err(RuntimeError::KeyReused { .. }))), "{sent:?}");
    assert_eq!(version(&world, "resource-gold").await, 3);
}

async fn exactly_one_of_the_callers_that_expect_a_version_is_served(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    let expecting = |version| {
        let mut allocate = allocate(1);
        allocate.options.expected = Some(Version(version));
        allocate
    };
    let mut commands: Vec<_> = (0..8).map(|_| expecting(1)).collect();
    commands.push(expecting(2));
    let sent = at_once(&world.bus(0), commands).await;
    assert_eq!(sent.iter().filter(|outcome| outcome.is_ok()).count(), 2, "{sent:?}");
    for outcome in sent[..8].iter().filter(|outcome| outcome.is_err()) {
        let expected = ExpectedVersion::Exact(Version(1));
        let error = outcome.as_ref().unwrap_err();
        assert!(matches!(error, RuntimeError::Store(StoreError::Conflict { expected: e, .. }) if *e == expected), "{error:?}");
    }
}

async fn a_command_is_refused_by_the_state_after_those_before(on: Backend) {
    let world = world(on);
    world.create("gold", 3).await;
    let sent = at_once(&world.bus(0), (0..20).map(|_| allocate(1)).collect()).await;
    assert_eq!(sent.iter().filter(|outcome| outcome.is_ok()).count(), 3);
    let no = |outcome: &&Sent| matches!(outcome, Err(RuntimeError::Decide(DecideError::Rejected(no))) if no.code == "insufficient_amount");
    assert_eq!(sent.iter().filter(no).count(), 17, "{sent:?}");
    assert_eq!(version(&world, "resource-gold").await, 4);
}

async fn one_event_that_is_too_large_is_refused_alone(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    let mut commands: Vec<_> = (0..9).map(|_| allocate(1)).collect();
    commands[4].payload["reason"] = "x".repeat(1 << 20).into();
    let sent = at_once(&world.bus(0), commands).await;
    for (n, outcome) in sent.iter().enumerate() {
        let too_large = matches!(outcome, Err(RuntimeError::Store(StoreError::Invalid(message))) if message.contains("1048576"));
        assert!(if n == 4 { too_large } else { outcome.is_ok() }, "{n}: {outcome:?}");
    }
    assert_eq!(version(&world, "resource-gold").await, 9);
}

async fn a_cancelled_caller_does_not_cancel_others(on: Backend) {
    let world = world(on);
    world.create("gold", 100_000).await;
    let bus = world.bus(0);
    let mut callers = Vec::new();
    for n in 0..60_u64 {
        let bus = bus.clone();
        callers.push(tokio::spawn(async move { bus.send(&allocate(1)).await }));
        // Cut off at any moment: while it waits, after it has decided, while others append.
        if n % 3 == 0 {
            for _ in 0..n % 7 {
                tokio::task::yield_now().await;
            }
            callers[usize::try_from(n).unwrap() / 2].abort();
        }
    }
    let (mut answered, mut cut) = (Vec::new(), 0);
    for caller in callers {
        match caller.await {
            Ok(outcome) => answered.push(outcome.unwrap().version.0),
            Err(error) => {
                assert!(error.is_cancelled());
                cut += 1;
            }
        }
    }
    answered.sort_unstable();
    answered.dedup();
    // The work of other callers may still be under way; the next command comes after it.
    let last = bus.send(&allocate(1)).await.unwrap();
    assert_eq!(answered.len(), 60 - cut, "each answer has an event of its own");
    let events = last.version.0 - 2;
    assert!((answered.len() as u64..=60).contains(&events), "{events} events for {} answers", answered.len());
}

async fn a_panic_while_deciding_does_not_affect_other_callers(on: Backend) {
    let world = world(on);
    let plans = DocumentStore::<BTreeMap<String, u64>>::new(world.store.clone(), world.clock());
    plans.find_one_and_upsert("plan", &BTreeMap::new(), "ann").await.unwrap();
    let mut callers = Vec::new();
    for n in 0..12_u64 {
        let plans = plans.clone();
        callers.push(tokio::spawn(async move {
            let who = WriteOptions { retries: Some(0), ..WriteOptions::by("ann") };
            let edit = |plan: &mut BTreeMap<String, u64>| {
                assert!(n % 4 != 1, "an edit that panics: this is part of the test");
                plan.insert(format!("n{n}"), n);
            };
            plans.find_one_and_update("plan", who, edit).await
        }));
    }
    for (n, caller) in callers.into_iter().enumerate() {
        match caller.await {
            Ok(outcome) => assert!(n % 4 != 1 && outcome.is_ok(), "{n}: {outcome:?}"),
            Err(error) => assert!(n % 4 == 1 && error.is_panic()),
        }
    }
    let plan = plans.find_one("plan", "ann").await.unwrap().unwrap();
    assert_eq!((plan.document.len(), plan.version), (9, Version(10)));
}

async fn a_future_that_is_not_polled_delays_no_other(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    let bus = world.bus(0);
    let waiting = allocate(1);
    let mut waiting = pin!(bus.send(&waiting));
    assert!(matches!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    for n in 0..5 {
        assert_eq!(bus.send(&allocate(1)).await.unwrap().version, Version(n + 2));
    }
    let refused = bus.send(&allocate(100_000)).await.unwrap_err();
    assert!(matches!(refused, RuntimeError::Decide(_)), "{refused:?}");
    assert_eq!(waiting.await.unwrap().version, Version(7), "and it is served when it is polled again");
}

async fn snapshots_are_taken_on_the_way(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    at_once(&world.bus(10), (0..45).map(|_| allocate(1)).collect()).await;
    let snapshots = world.store.snapshots(SnapshotQuery { limit: 100, ..SnapshotQuery::default() }).await.unwrap();
    let versions: Vec<u64> = snapshots.iter().map(|snapshot| snapshot.version.0).collect();
    assert_eq!(versions, [10, 20, 30, 40]);
    let stream: StreamName = "resource-gold".parse().unwrap();
    let mut states = Vec::new();
    for up_to in [10, 27, 40, 46] {
        for snapshots in [true, false] {
            let mut fold = (domain::of_category("resource").unwrap().aggregate)(stream.as_str());
            let options = LoadOptions { up_to: Version(up_to), snapshots };
            let loaded = load(&world.store, &stream, &mut fold, options).await.unwrap();
            assert!(loaded.passed_over.is_empty(), "{:?}", loaded.passed_over);
            states.push(fold.save().unwrap());
        }
    }
    assert!(states.chunks(2).all(|pair| pair[0] == pair[1]), "{states:?}");
}

async fn events_of_other_programs_are_seen(on: Backend) {
    let world = world(on);
    world.create("gold", 1).await;
    let (bus, other) = (world.bus(0), world.bus(0));
    // One that is always refused keeps the queue of this bus in use, and so its state.
    let busy = tokio::spawn({
        let bus = bus.clone();
        async move {
            for _ in 0..200 {
                let (one, two) = (allocate(1000), allocate(1000));
                let (one, two) = tokio::join!(bus.send(&one), bus.send(&two));
                assert!(one.is_err() && two.is_err());
            }
        }
    });
    let mut add = command("resource.add", "gold", json!({"amount": 1}));
    add.options.retry_for = Duration::from_secs(60);
    for n in 0..20 {
        assert_eq!(other.send(&add).await.unwrap().state["amount"], 2);
        let mut allocate = allocate(2);
        (allocate.options.retries, allocate.options.retry_for) = (None, Duration::from_secs(60));
        let outcome = bus.send(&allocate).await;
        assert_eq!(outcome.unwrap().state["amount"], 0, "round {n}: it sees what the other program has added");
        assert_eq!(other.send(&add).await.unwrap().state["amount"], 1);
    }
    busy.await.unwrap();
}

async fn a_quarantine_by_another_program_counts_from_then_on(on: Backend) {
    let world = world(on);
    world.create("gold", 1).await;
    let bus = world.bus(0);
    let added = bus.send(&command("resource.add", "gold", json!({"amount": 4}))).await.unwrap().events[0].event_id;
    // One that is always refused keeps the queue of this bus in use, and so its state.
    let busy = tokio::spawn({
        let bus = bus.clone();
        async move {
            loop {
                let (one, two) = (allocate(1000), allocate(1000));
                let (one, two) = tokio::join!(bus.send(&one), bus.send(&two));
                assert!(one.is_err() && two.is_err());
            }
        }
    });
    // Another program has a store, queries and a clock of its own.
    let other = world.store.unobserved();
    let queries = QueryBus::open(other.clone(), world.clock()).await.unwrap();
    for round in 0..20 {
        for (action, left_out) in [(QuarantineAction::Add, vec![added]), (QuarantineAction::Release, vec![])] {
            let change = QuarantineChange { action, event_id: added, reason: None, client_id: "other".into() };
            change_quarantine(&other, &queries, &change, world.clock()).await.unwrap();
            let mut add = command("resource.add", "gold", json!({"amount": 1}));
            (add.options.retries, add.options.retry_for) = (None, Duration::from_secs(60));
            let outcome = bus.send(&add).await.unwrap();
            assert_eq!(outcome.left_out, left_out, "round {round}");
        }
    }
    busy.abort();
}
