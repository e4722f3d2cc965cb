//! Of two appends with the same expected version exactly one succeeds; the other gets the version of the stream.

use esctl::event::ExpectedVersion;
use esctl::event::Version;
use esctl::store::Outcome;
use esctl::store::Store;
use esctl::store::StoreError;
use tokio::task::JoinSet;

use crate::assert_fails;
use crate::conformance::kit::Shared;
use crate::conformance::kit::Subject;
use crate::conformance::kit::events;
use crate::conformance::kit::exactly;
use crate::conformance::kit::put;
use crate::conformance::kit::request;
use crate::conformance::kit::stream;
use crate::conformance::kit::whole;

pub async fn each_expectation_is_met_or_answered_with_the_actual_version<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-3", 3).await;
    put(&store, "thing-33", 1).await;
    let far = exactly(u64::MAX);
    let cases = [
        (
            "thing-0",
            0,
            vec![ExpectedVersion::Any, ExpectedVersion::NoStream, exactly(0)],
            vec![ExpectedVersion::Exists, exactly(1), far],
        ),
        (
            "thing-3",
            3,
            vec![ExpectedVersion::Any, ExpectedVersion::Exists, exactly(3)],
            vec![ExpectedVersion::NoStream, exactly(0), exactly(2), exactly(4), far],
        ),
    ];
    for (name, actual, met, unmet) in cases {
        for expected in unmet {
            match store.append(request(name, expected, events(1))).await {
                Err(StoreError::Conflict { stream: named, expected: wanted, actual: found }) => {
                    assert_eq!((named, wanted, found), (stream(name), expected, Version(actual)));
                }
                other => panic!("{name} expected {expected}: {other:?}"),
            }
        }
        for (round, expected) in met.into_iter().enumerate() {
            let name = if actual == 0 { format!("fresh-{round}") } else { name.to_owned() };
            let expected = if expected == exactly(3) { exactly(5) } else { expected };
            store.append(request(&name, expected, events(1))).await.unwrap();
        }
    }
    assert_eq!(store.stream_version(stream("thing-3")).await.unwrap(), Version(6));
    assert_eq!(store.stream_version(stream("thing-0")).await.unwrap(), Version(0));
    whole(&store).await;
}

pub async fn a_conflict_names_stream_expected_and_actual_version<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 2).await;
    let error = store.append(request("thing-1", exactly(7), events(1))).await.unwrap_err();
    assert_eq!(error.to_string(), "conflict: stream thing-1 is at version 2, expected 7");
}

async fn race(handles: Vec<Store>, rounds: u64) {
    for round in 0..rounds {
        let mut tasks = JoinSet::new();
        for store in &handles {
            let store = store.clone();
            tasks.spawn(async move { store.append(request("thing-1", exactly(round), events(1))).await });
        }
        let outcomes = tasks.join_all().await;
        let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "round {round}: {lost:?}");
        for outcome in lost {
            assert_fails!(outcome, StoreError::Conflict { actual, .. } if actual == Version(round + 1));
        }
    }
    assert_eq!(whole(&handles[0]).await.len() as u64, rounds);
}

pub async fn of_sixteen_appends_at_once_exactly_one_wins<S: Subject>(subject: S) {
    race(vec![subject.store(); 16], 20).await;
}

pub async fn of_eight_handles_at_once_exactly_one_wins<S: Shared>(subject: S) {
    subject.open().init().await.unwrap();
    race((0..8).map(|_| subject.open()).collect(), 15).await;
}

pub async fn a_handle_decides_on_what_another_one_has_appended_since<S: Shared>(subject: S) {
    let (one, other) = (subject.open(), subject.open());
    for round in 0..10 {
        let version = 2 * round;
        one.append(request("thing-1", exactly(version), events(1))).await.unwrap();
        other.append(request("thing-1", exactly(version + 1), events(1))).await.unwrap();
        // The version that the first handle knew is outdated.
        match one.append(request("thing-1", exactly(version + 1), events(1))).await {
            Err(StoreError::Conflict { actual, .. }) => assert_eq!(actual, Version(version + 2)),
            unexpected => panic!("{unexpected:?}"),
        }
    }
    assert_eq!(whole(&one).await.len(), 20);
}

/// A handle may remember what it has appended; what it remembers must never be what it answers from alone.
pub async fn a_handle_that_has_long_been_alone_refuses_and_gives_way_as_any_other<S: Shared>(subject: S) {
    let (store, other) = (subject.open(), subject.open());
    let mut last = None;
    for version in 0..24 {
        let appended = request("thing-1", exactly(version), events(1));
        store.append(appended.clone()).await.unwrap();
        last = Some(appended);
    }
    let last = last.unwrap();
    let repeat = || store.append(last.clone());
    assert_eq!(repeat().await.unwrap().outcome, Outcome::AlreadyApplied);
    let elsewhere = store.append(request("thing-2", ExpectedVersion::NoStream, last.events.clone())).await;
    assert_fails!(elsewhere, StoreError::IdConflict { .. });
    for wrong in [0, 23, 25] {
        let refused = store.append(request("thing-1", exactly(wrong), events(1))).await;
        assert_fails!(refused, StoreError::Conflict { actual: Version(24), .. });
    }
    put(&other, "thing-1", 1).await;
    let refused = store.append(request("thing-1", exactly(24), events(1))).await;
    assert_fails!(refused, StoreError::Conflict { actual: Version(25), .. });
    for version in 25..28 {
        store.append(request("thing-1", exactly(version), events(1))).await.unwrap();
        put(&other, "thing-9", 1).await;
    }
    assert_eq!(repeat().await.unwrap().outcome, Outcome::AlreadyApplied);
    whole(&store).await;
}
