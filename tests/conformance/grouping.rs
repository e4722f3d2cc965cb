//! Appends that are asked for at the same time share a transaction; each keeps its own outcome.

use std::time::Duration;

use esctl::event::ExpectedVersion;
use esctl::event::Version;
use esctl::store::Outcome;
use esctl::store::StoreError;
use tokio::task::JoinSet;

use crate::assert_fails;
use crate::conformance::kit::Subject;
use crate::conformance::kit::events;
use crate::conformance::kit::exactly;
use crate::conformance::kit::put;
use crate::conformance::kit::request;
use crate::conformance::kit::stream;
use crate::conformance::kit::whole;

pub async fn sixty_four_appends_at_once_are_all_applied<S: Subject>(subject: S) {
    let store = subject.store();
    let mut tasks = JoinSet::new();
    for number in 0..64_u64 {
        let store = store.clone();
        tasks.spawn(async move {
            let answer = store.append(request(&format!("thing-{}", number % 8), ExpectedVersion::Any, events(3))).await.unwrap();
            let versions: Vec<u64> = answer.events.iter().map(|event| event.version.0).collect();
            assert_eq!(versions, (versions[0]..versions[0] + 3).collect::<Vec<_>>());
            let positions: Vec<u64> = answer.events.iter().map(|event| event.position.0).collect();
            assert_eq!(positions, (positions[0]..positions[0] + 3).collect::<Vec<_>>());
            positions[0]
        });
    }
    let mut firsts = tasks.join_all().await;
    firsts.sort_unstable();
    assert_eq!(firsts, (0..64).map(|n| 3 * n + 1).collect::<Vec<_>>());
    assert_eq!(whole(&store).await.len(), 192);
}

pub async fn neither_a_conflict_nor_a_known_id_touches_its_neighbours<S: Subject>(subject: S) {
    let store = subject.store();
    let known = events(2);
    store.append(request("known-1", ExpectedVersion::Any, known.clone())).await.unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..64_u64 {
        let (store, known) = (store.clone(), known.clone());
        tasks.spawn(async move {
            let name = format!("thing-{number}");
            match number % 4 {
                0 => assert_fails!(
                    store.append(request(&name, exactly(7), events(2))).await,
                    StoreError::Conflict { actual: Version(0), .. }
                ),
                1 => {
                    let mut batch = events(3);
                    batch[2] = known[0].clone();
                    assert_fails!(store.append(request(&name, exactly(0), batch)).await, StoreError::IdConflict { .. });
                }
                2 => {
                    let again = store.append(request("known-1", exactly(0), known)).await.unwrap();
                    assert_eq!((again.outcome, again.events[1].position.0), (Outcome::AlreadyApplied, 2));
                }
                _ => {
                    let answer = store.append(request(&name, ExpectedVersion::NoStream, events(2))).await.unwrap();
                    assert_eq!((answer.outcome, answer.events[1].version), (Outcome::Applied, Version(2)));
                }
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(whole(&store).await.len(), 2 + 16 * 2);
}

pub async fn each_of_many_groups_is_answered_in_its_own_order<S: Subject>(subject: S) {
    let store = subject.store();
    let mut tasks = JoinSet::new();
    for task in 0..20_u64 {
        let store = store.clone();
        tasks.spawn(async move {
            let group: Vec<_> = (0..9_u64).map(|n| request(&format!("t{task}-{n}"), exactly(n % 2), events(n + 1))).collect();
            for (n, outcome) in (0_u64..).zip(store.append_together(group).await.unwrap()) {
                match outcome {
                    Ok(answer) => assert_eq!((n % 2, answer.events.len() as u64), (0, n + 1)),
                    Err(StoreError::Conflict { stream: named, actual, .. }) => {
                        assert_eq!((named, n % 2, actual), (stream(&format!("t{task}-{n}")), 1, Version(0)));
                    }
                    Err(other) => panic!("{other}"),
                }
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(whole(&store).await.len(), 20 * 25);
}

pub async fn a_cancelled_caller_does_not_cut_its_neighbours<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "first-1", 1).await;
    let mut tasks = Vec::new();
    for number in 0..64 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move { put(&store, &format!("thing-{number}"), 20).await }));
    }
    tokio::task::yield_now().await;
    for task in tasks.iter().step_by(2) {
        task.abort();
    }
    for (number, task) in tasks.into_iter().enumerate() {
        match task.await {
            Ok(answer) => assert_eq!(answer.events.len(), 20),
            Err(error) => assert!(number % 2 == 0 && error.is_cancelled()),
        }
    }
    put(&store, "last-1", 1).await;
    let there = whole(&store).await;
    assert_eq!(there.len() % 20, 2);
    assert!(there.len() >= 32 * 20 + 2);
}

/// A store outlives the runtime that a caller brought: its threads are its own.
pub async fn appending_goes_on_when_the_runtime_of_an_earlier_caller_has_ended<S: Subject>(subject: S) {
    let store = subject.store();
    for round in 0..3 {
        let earlier = store.clone();
        let caller = std::thread::spawn(move || {
            crate::conformance::kit::run(async {
                let name = format!("large-{round}");
                let large = put(&earlier, &name, 20_000);
                let _ = tokio::time::timeout(Duration::from_millis(2), large).await;
            });
        });
        caller.join().unwrap();
        let next = tokio::time::timeout(Duration::from_secs(20), put(&store, "thing-1", 1)).await;
        next.expect("an append waits for a runtime that is no more");
    }
    let there = whole(&store).await;
    assert_eq!(there.iter().filter(|event| event.stream != "thing-1").count() % 20_000, 0);
}
