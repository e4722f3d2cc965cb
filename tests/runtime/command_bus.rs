//! The command bus: retries after a conflict, idempotency keys, dry runs.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use esctl::aggregate::DecideError;
use esctl::event::Version;
use esctl::runtime::Clock;
use esctl::runtime::CommandBus;
use esctl::runtime::CommandResult;
use esctl::runtime::RuntimeError;
use esctl::runtime::SnapshotPolicy;
use esctl::store::StoreError;
use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::runtime::kit::command;
use crate::runtime::kit::world;

crate::on_every_backend! { async:
    commands_at_the_same_time_are_decided_again_and_none_is_lost
    without_retries_the_loser_learns_of_the_conflict
    the_same_key_answers_as_the_first_time
    one_key_asked_for_at_the_same_time_counts_once
    the_loser_of_two_with_one_key_is_answered_as_the_first_whatever_it_allows_itself
    with_a_clock_that_is_behind_it_is_decided_as_of_the_last_event
    a_key_of_another_command_is_a_conflict
    a_wrong_expected_version_is_not_tried_again
    a_dry_run_shows_and_appends_nothing
    unknown_commands_and_payloads_are_distinguished_from_rejections
}

async fn commands_at_the_same_time_are_decided_again_and_none_is_lost(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    let mut tasks = Vec::new();
    for _ in 0..16 {
        let bus = world.bus(0);
        tasks.push(tokio::spawn(async move {
            let mut allocate = command("resource.allocate", "gold", json!({"amount": 10}));
            allocate.options.retry_for = Duration::from_secs(30);
            bus.send(&allocate).await.unwrap().version
        }));
    }
    let mut versions = Vec::new();
    for task in tasks {
        versions.push(task.await.unwrap().0);
    }
    versions.sort_unstable();
    assert_eq!(versions, (2..=17).collect::<Vec<_>>());
    let last = world.bus(0).send(&command("resource.add", "gold", json!({"amount": 1}))).await.unwrap();
    assert_eq!(last.state["amount"], json!(1000 - 160 + 1));
}

async fn without_retries_the_loser_learns_of_the_conflict(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    let mut tasks = Vec::new();
    for _ in 0..16 {
        let bus = world.bus(0);
        tasks.push(tokio::spawn(async move {
            let mut allocate = command("resource.allocate", "gold", json!({"amount": 10}));
            allocate.options.retries = Some(0);
            bus.send(&allocate).await
        }));
    }
    let mut applied = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => applied += 1,
            Err(RuntimeError::RetriesExhausted { attempts: 1, source: StoreError::Conflict { .. }, .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(applied >= 1);
    assert_eq!(world.store.stream_version("resource-gold".parse().unwrap()).await.unwrap(), Version(1 + applied));
}

async fn the_same_key_answers_as_the_first_time(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    let mut allocate = command("resource.allocate", "gold", json!({"amount": 10, "reason": "x"}));
    allocate.options.idempotency_key = Some("k".into());
    let first = world.bus(0).send(&allocate).await.unwrap();
    world.advance(60);
    world.allocate("gold", 3).await;
    // Whatever the version is expected to be, and however often.
    for expected in [None, Some(Version(1)), Some(Version(77))] {
        allocate.options.expected = expected;
        let again = world.bus(0).send(&allocate).await.unwrap();
        assert_eq!(again.outcome, CommandResult::AlreadyApplied);
        assert_eq!(
            (again.version, again.position, &again.events, &again.state),
            (first.version, first.position, &first.events, &first.state)
        );
    }
    assert_eq!(world.store.head().await.unwrap().position.0, 5);
}

async fn one_key_asked_for_at_the_same_time_counts_once(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    let mut tasks = Vec::new();
    for _ in 0..12 {
        let bus = world.bus(0);
        tasks.push(tokio::spawn(async move {
            let mut allocate = command("resource.allocate", "gold", json!({"amount": 10}));
            allocate.options.idempotency_key = Some("k".into());
            allocate.options.retry_for = Duration::from_secs(30);
            bus.send(&allocate).await.unwrap().outcome
        }));
    }
    let mut applied = 0;
    for task in tasks {
        applied += u32::from(task.await.unwrap() == CommandResult::Applied);
    }
    assert_eq!(applied, 1);
    assert_eq!(world.store.head().await.unwrap().position.0, 2);
}

async fn the_loser_of_two_with_one_key_is_answered_as_the_first_whatever_it_allows_itself(on: Backend) {
    for (expected, retries) in [(None, Some(0)), (Some(Version(1)), None)] {
        let world = world(on);
        world.create("gold", 1000).await;
        let mut allocate = command("resource.allocate", "gold", json!({"amount": 10}));
        (allocate.options.idempotency_key, allocate.options.expected, allocate.options.retries) =
            (Some("k".into()), expected, retries);
        // Asked for the time between loading and appending: there the other one comes first.
        let (other, sent, now) = (world.bus(0), allocate.clone(), world.clock());
        let overtaken = AtomicBool::new(false);
        let clock: Clock = Arc::new(move || {
            if !overtaken.swap(true, Ordering::SeqCst) {
                thread::scope(|scope| {
                    scope.spawn(|| {
                        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                        assert_eq!(runtime.block_on(other.send(&sent)).unwrap().outcome, CommandResult::Applied);
                    });
                });
            }
            // Decided later, so with other content.
            now().plus(Duration::from_secs(1))
        });
        let outcome = CommandBus::new(world.store.clone(), clock, SnapshotPolicy::every(0)).send(&allocate).await.unwrap();
        assert_eq!((outcome.outcome, outcome.version), (CommandResult::AlreadyApplied, Version(2)));
    }
}

async fn with_a_clock_that_is_behind_it_is_decided_as_of_the_last_event(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    world.advance(-3600);
    let locked = world.bus(0).send(&command("resource.lock", "gold", json!({"for": "5m"}))).await.unwrap();
    assert_eq!(locked.state["is_locked"], json!(true));
    let refused = world.bus(0).send(&command("resource.allocate", "gold", json!({"amount": 1}))).await.unwrap_err();
    assert!(matches!(&refused, RuntimeError::Decide(DecideError::Rejected(no)) if no.code == "resource_locked"), "{refused:?}");
}

async fn a_key_of_another_command_is_a_conflict(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    let mut allocate = command("resource.allocate", "gold", json!({"amount": 10}));
    allocate.options.idempotency_key = Some("k".into());
    world.bus(0).send(&allocate).await.unwrap();
    allocate.payload = json!({"amount": 11});
    let error = world.bus(0).send(&allocate).await.unwrap_err();
    assert!(matches!(&error, RuntimeError::KeyReused { key, version: Version(2), .. } if key == "k"), "{error:?}");
    // The key belongs to its stream.
    world.create("wood", 1000).await;
    let mut other = command("resource.allocate", "wood", json!({"amount": 11}));
    other.options.idempotency_key = Some("k".into());
    assert_eq!(world.bus(0).send(&other).await.unwrap().outcome, CommandResult::Applied);
}

async fn a_wrong_expected_version_is_not_tried_again(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    let mut allocate = command("resource.allocate", "gold", json!({"amount": 10}));
    allocate.options.expected = Some(Version(7));
    let error = world.bus(0).send(&allocate).await.unwrap_err();
    assert!(matches!(error, RuntimeError::Store(StoreError::Conflict { actual: Version(1), .. })), "{error:?}");
}

async fn a_dry_run_shows_and_appends_nothing(on: Backend) {
    let world = world(on);
    let payload = json!({"owner_id": "ann", "resource_type": "gold", "initial_amount": 5, "max_amount": 10});
    let mut create = command("resource.create", "gold", payload);
    create.options.dry_run = true;
    let outcome = world.bus(0).send(&create).await.unwrap();
    assert_eq!((outcome.outcome, outcome.position, outcome.events.len()), (CommandResult::DryRun, None, 1));
    assert_eq!(outcome.state["amount"], json!(5));
    assert!(matches!(world.store.head().await, Err(StoreError::NoStore(_))));
}

async fn unknown_commands_and_payloads_are_distinguished_from_rejections(on: Backend) {
    let world = world(on);
    world.create("gold", 5).await;
    let send = |name: &'static str, payload: Value| {
        let bus = world.bus(0);
        async move { bus.send(&command(name, "gold", payload)).await.unwrap_err() }
    };
    assert!(matches!(send("resource.eat", json!({})).await, RuntimeError::Decide(DecideError::UnknownCommand(_))));
    assert!(matches!(send("x", json!({})).await, RuntimeError::Decide(DecideError::UnknownCommand(_))));
    assert!(matches!(send("resource.allocate", json!({"amount": 1.5})).await, RuntimeError::Decide(DecideError::Payload { .. })));
    let rejected = send("resource.allocate", json!({"amount": 6})).await;
    assert!(
        matches!(&rejected, RuntimeError::Decide(DecideError::Rejected(no)) if no.code == "insufficient_amount"),
        "{rejected:?}"
    );
}
