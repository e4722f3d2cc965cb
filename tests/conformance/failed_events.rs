//! Events that a projection fails to apply: they move with rows and checkpoint, and stay with their read model.

use esctl::event::Position;
use esctl::event::Timestamp;
use esctl::event::Version;
use esctl::store::FailedEvent;
use esctl::store::FailedEventChanges;
use esctl::store::FailedEventState;
use esctl::store::ReadModel;
use esctl::store::RowsCommit;
use esctl::store::Store;
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::conformance::kit::Shared;
use crate::conformance::kit::Subject;
use crate::conformance::read_models::all;
use crate::conformance::read_models::commit;
use crate::conformance::read_models::keys;
use crate::conformance::read_models::things;

fn problem(position: u64, state: FailedEventState) -> FailedEvent {
    let at = |micros| Timestamp::from_micros(micros).unwrap();
    FailedEvent {
        event_id: Uuid::from_u128(position.into()),
        position: Position(position),
        stream: "thing-é😀".into(),
        version: Version(3),
        event_type: "thing.happened".into(),
        error: "no field \"n\"\n\u{1b}[31m \0 'x'".into(),
        attempts: 2,
        first_at: at(1_700_000_000_000_001),
        last_at: at(1_700_000_000_000_002),
        state,
    }
}

fn with(commit: RowsCommit, put: Vec<FailedEvent>, solved: &[u64]) -> RowsCommit {
    let solved = solved.iter().map(|position| Uuid::from_u128((*position).into())).collect();
    RowsCommit { failed_events: FailedEventChanges { put, solved }, ..commit }
}

async fn places(store: &Store, model: ReadModel) -> Vec<u64> {
    store.failed_events(model).await.unwrap().iter().map(|problem| problem.position.0).collect()
}

pub async fn problems_come_back_as_they_were_and_are_replaced_and_solved<S: Subject>(subject: S) {
    let store = subject.store();
    store.init().await.unwrap();
    assert!(store.failed_events(things()).await.unwrap().is_empty());
    let parked = problem(9, FailedEventState::Parked);
    let mut failing = problem(4, FailedEventState::Failing);
    let first = with(commit(things(), 0, 3, &[("a", json!({}))]), vec![parked.clone(), failing.clone()], &[]);
    assert!(store.commit_rows(first).await.unwrap());
    assert_eq!(store.failed_events(things()).await.unwrap(), [failing.clone(), parked.clone()]);
    assert!(store.failed_events(ReadModel::live("others")).await.unwrap().is_empty());

    // The checkpoint may stay where it is.
    failing.attempts = 3;
    failing.state = FailedEventState::Skipped;
    assert!(store.commit_rows(with(commit(things(), 3, 3, &[]), vec![failing.clone()], &[9, 77])).await.unwrap());
    assert_eq!(store.failed_events(things()).await.unwrap(), [failing]);
    assert!(store.commit_rows(with(commit(things(), 3, 4, &[]), vec![], &[4])).await.unwrap());
    assert!(store.failed_events(things()).await.unwrap().is_empty());
}

pub async fn a_commit_that_is_refused_changes_no_problem<S: Subject>(subject: S) {
    let store = subject.store();
    let known = problem(4, FailedEventState::Failing);
    assert!(store.commit_rows(with(commit(things(), 0, 3, &[]), vec![known.clone()], &[])).await.unwrap());
    let elsewhere = with(commit(things(), 2, 5, &[("a", json!({}))]), vec![problem(5, FailedEventState::Parked)], &[4]);
    assert!(!store.commit_rows(elsewhere.clone()).await.unwrap());
    let other_logic = RowsCommit { from: Position(3), logic_version: 2, ..elsewhere.clone() };
    assert!(!store.commit_rows(other_logic).await.unwrap());
    for commits in [0, 2, 99] {
        let not_seen = RowsCommit { from: Position(3), commits: Some(commits), ..elsewhere.clone() };
        assert!(!store.commit_rows(not_seen).await.unwrap());
    }
    assert_eq!(store.failed_events(things()).await.unwrap(), [known]);
    assert!(keys(&store, all("things")).await.is_empty());
    let seen = RowsCommit { from: Position(3), commits: Some(1), ..elsewhere };
    assert!(store.commit_rows(seen.clone()).await.unwrap());
    assert!(!store.commit_rows(RowsCommit { from: Position(5), ..seen }).await.unwrap());
    assert_eq!(places(&store, things()).await, [5]);
}

pub async fn problems_stay_with_the_read_model_they_are_of<S: Subject>(subject: S) {
    let store = subject.store();
    let building = ReadModel::building("things");
    let first = with(commit(things(), 0, 3, &[("old", json!({}))]), vec![problem(1, FailedEventState::Parked)], &[]);
    assert!(store.commit_rows(first).await.unwrap());
    let beside = with(commit(building.clone(), 0, 3, &[("new", json!({}))]), vec![problem(2, FailedEventState::Skipped)], &[]);
    assert!(store.commit_rows(beside).await.unwrap());
    assert_eq!((places(&store, things()).await, places(&store, building.clone()).await), (vec![1], vec![2]));
    assert!(store.swap_read_model("things", Position(3), vec![]).await.unwrap());
    let previous = ReadModel::previous("things");
    assert_eq!((places(&store, things()).await, places(&store, previous.clone()).await), (vec![2], vec![1]));
    assert!(places(&store, building.clone()).await.is_empty());
    assert!(store.exchange_read_models("things").await.unwrap());
    assert_eq!((places(&store, things()).await, places(&store, previous.clone()).await), (vec![1], vec![2]));
    assert!(store.drop_read_model(things()).await.unwrap());
    assert_eq!((places(&store, things()).await, places(&store, previous).await), (vec![], vec![2]));
    // A rebuilt read model has none.
    assert!(store.commit_rows(commit(things(), 0, 1, &[])).await.unwrap());
    assert!(places(&store, things()).await.is_empty());
}

pub async fn the_read_model_before_the_last_rebuild_can_be_gone_back_to<S: Subject>(subject: S) {
    let store = subject.store();
    store.init().await.unwrap();
    assert!(!store.exchange_read_models("things").await.unwrap());
    for (number, key) in ["first", "second", "third"].into_iter().enumerate() {
        let building =
            RowsCommit { logic_version: 1, ..commit(ReadModel::building("things"), 0, 5, &[(key, json!({"kind":"x"}))]) };
        assert!(store.commit_rows(building).await.unwrap());
        assert!(store.swap_read_model("things", Position(5), vec!["kind".into()]).await.unwrap());
        assert_eq!(store.count_rows(ReadModel::previous("things")).await.unwrap(), u64::from(number > 0));
    }
    // One that is under way meanwhile is left alone.
    let building = ReadModel::building("things");
    assert!(store.commit_rows(commit(building.clone(), 0, 2, &[("under way", json!({}))])).await.unwrap());
    for wanted in ["second", "third", "second"] {
        assert!(store.exchange_read_models("things").await.unwrap());
        assert_eq!(keys(&store, all("things")).await, [wanted]);
        assert_eq!(store.count_rows(ReadModel::previous("things")).await.unwrap(), 1);
    }
    assert_eq!(store.rows(building, vec!["under way".into()]).await.unwrap(), [Some("{}".into())]);
    // It goes on from where it was.
    assert!(store.commit_rows(commit(things(), 5, 6, &[("more", json!({"kind":"x"}))])).await.unwrap());
    assert_eq!(keys(&store, all("things")).await, ["more", "second"]);
    assert_eq!(store.rows(ReadModel::previous("things"), vec!["third".into()]).await.unwrap(), [Some("{\"kind\":\"x\"}".into())]);
    assert!(store.drop_read_model(ReadModel::previous("things")).await.unwrap());
    assert!(!store.exchange_read_models("things").await.unwrap());
    assert_eq!(keys(&store, all("things")).await, ["more", "second"]);
}

pub async fn of_two_that_try_an_event_again_at_once_one_does<S: Shared>(subject: S) {
    subject.open().init().await.unwrap();
    let runner = subject.open();
    let start = with(
        commit(things(), 0, 50, &[("tried", json!({"n":0}))]),
        (1..=20).map(|n| problem(n, FailedEventState::Parked)).collect(),
        &[],
    );
    assert!(runner.commit_rows(start).await.unwrap());
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let store = subject.open();
        tasks.spawn(async move {
            loop {
                // In this order: what is read after the number of commits is of that commit or a later one.
                let commits = store.projections().await.unwrap()[0].commits;
                let Some(first) = store.failed_events(things()).await.unwrap().into_iter().next() else { return };
                let row = store.rows(things(), vec!["tried".into()]).await.unwrap()[0].clone().unwrap();
                let n = serde_json::from_str::<serde_json::Value>(&row).unwrap()["n"].as_u64().unwrap() + 1;
                let again = with(commit(things(), 50, 50, &[("tried", json!({ "n": n }))]), vec![], &[first.position.0]);
                store.commit_rows(RowsCommit { commits: Some(commits), ..again }).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(runner.rows(things(), vec!["tried".into()]).await.unwrap(), [Some("{\"n\":20}".into())]);
}
