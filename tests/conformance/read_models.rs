//! Rows and their checkpoint move in one transaction, of one runner; a read model can be built beside another and dropped.

use std::time::Duration;

use esctl::event::Position;
use esctl::event::Timestamp;
use esctl::store::Checkpoint;
use esctl::store::FailedEventChanges;
use esctl::store::ProjectionRecord;
use esctl::store::ReadModel;
use esctl::store::RowQuery;
use esctl::store::RowsCommit;
use esctl::store::Store;
use serde_json::Value;
use serde_json::json;
use tokio::task::JoinSet;

use crate::conformance::kit::Shared;
use crate::conformance::kit::Subject;
use crate::conformance::kit::put;
use crate::conformance::kit::whole;

fn now() -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_001).unwrap()
}

pub fn commit(model: ReadModel, from: u64, to: u64, rows: &[(&str, Value)]) -> RowsCommit {
    RowsCommit {
        model,
        logic_version: 1,
        from: Position(from),
        commits: None,
        to: Checkpoint { position: Position(to), event_id: Some(uuid::Uuid::from_u128(to.into())) },
        rows: rows.iter().map(|(key, row)| ((*key).to_owned(), row.to_string())).collect(),
        failed_events: FailedEventChanges::default(),
        now: now(),
    }
}

fn record(model: ReadModel, logic_version: u32, at: u64) -> ProjectionRecord {
    let checkpoint = Checkpoint { position: Position(at), event_id: Some(uuid::Uuid::from_u128(at.into())) };
    ProjectionRecord { model, logic_version, commits: 1, checkpoint, updated_at: now() }
}

pub fn things() -> ReadModel {
    ReadModel::live("things")
}

pub async fn keys(store: &Store, query: RowQuery) -> Vec<String> {
    store.query_rows(query).await.unwrap().into_iter().map(|(key, _)| key).collect()
}

pub fn all(name: &str) -> RowQuery {
    RowQuery { name: name.into(), limit: usize::MAX, ..RowQuery::default() }
}

pub async fn rows_come_back_by_key_and_are_replaced<S: Subject>(subject: S) {
    let store = subject.store();
    assert!(store.commit_rows(commit(things(), 0, 3, &[("a", json!({"n":1})), ("b'\"é", json!({"n":2}))])).await.unwrap());
    assert!(store.commit_rows(commit(things(), 3, 4, &[("a", json!({"n":9}))])).await.unwrap());
    let asked = vec!["b'\"é".into(), "none".into(), "a".into(), "a".into()];
    let found = store.rows(things(), asked).await.unwrap();
    let text = |n: u32| Some(format!("{{\"n\":{n}}}"));
    assert_eq!(found, [text(2), None, text(9), text(9)]);
    assert_eq!(store.count_rows(things()).await.unwrap(), 2);
    let twice = ProjectionRecord { commits: 2, ..record(things(), 1, 4) };
    assert_eq!(store.projections().await.unwrap(), [twice]);
}

pub async fn a_commit_from_elsewhere_writes_neither_rows_nor_checkpoint<S: Subject>(subject: S) {
    let store = subject.store();
    assert!(store.commit_rows(commit(things(), 0, 3, &[("a", json!({"n":1}))])).await.unwrap());
    for from in [0, 2, 4, 99] {
        assert!(!store.commit_rows(commit(things(), from, 100, &[("a", json!({})), ("b", json!({}))])).await.unwrap(), "{from}");
        assert_eq!(store.query_rows(all("things")).await.unwrap(), [("a".to_owned(), "{\"n\":1}".to_owned())]);
        assert_eq!(store.projections().await.unwrap(), [record(things(), 1, 3)]);
    }
    let unknown = ReadModel::live("others");
    assert!(!store.commit_rows(commit(unknown.clone(), 5, 6, &[("a", json!({}))])).await.unwrap());
    assert_eq!(store.count_rows(unknown).await.unwrap(), 0);
}

pub async fn a_commit_by_other_logic_writes_neither_rows_nor_checkpoint<S: Subject>(subject: S) {
    let store = subject.store();
    for model in [things(), ReadModel::building("things")] {
        assert!(store.commit_rows(commit(model.clone(), 0, 3, &[("a", json!({"n":1}))])).await.unwrap());
        let mut other = commit(model.clone(), 3, 4, &[("a", json!({"n":2}))]);
        other.logic_version += 1;
        assert!(!store.commit_rows(other).await.unwrap());
        assert_eq!(store.rows(model.clone(), vec!["a".into()]).await.unwrap(), [Some("{\"n\":1}".to_owned())]);
        assert!(store.projections().await.unwrap().contains(&record(model, 1, 3)));
    }
}

async fn advance_at_once(handles: Vec<Store>) {
    let mut tasks = JoinSet::new();
    for (runner, store) in handles.iter().enumerate() {
        let store = store.clone();
        tasks.spawn(async move {
            let (mut at, mut done) = (0, 0_u64);
            while at < 30 {
                let row = json!({ "runner": runner });
                // The key says which step was taken: every step is taken once, by whomever.
                let key = format!("step {at:02}");
                if store.commit_rows(commit(things(), at, at + 1, &[(&key, row)])).await.unwrap() {
                    done += 1;
                }
                let records = store.projections().await.unwrap();
                at = records.first().map_or(0, |record| record.checkpoint.position.0);
            }
            done
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().sum::<u64>(), 30);
    assert_eq!(handles[0].count_rows(things()).await.unwrap(), 30);
}

pub async fn two_runners_of_one_projection_cannot_both_advance_it<S: Subject>(subject: S) {
    let store = subject.store();
    store.init().await.unwrap();
    advance_at_once(vec![store; 4]).await;
}

pub async fn two_runners_with_handles_of_their_own_cannot_both_advance_it<S: Shared>(subject: S) {
    subject.open().init().await.unwrap();
    advance_at_once((0..4).map(|_| subject.open()).collect()).await;
}

pub async fn what_is_built_beside_is_not_seen_until_it_takes_the_place_of_the_old_one<S: Subject>(subject: S) {
    let store = subject.store();
    let building = ReadModel::building("things");
    assert!(store.commit_rows(commit(things(), 0, 5, &[("old", json!({}))])).await.unwrap());
    let new = RowsCommit { logic_version: 2, ..commit(building.clone(), 0, 3, &[("new", json!({"kind":"x"}))]) };
    assert!(store.commit_rows(new).await.unwrap());
    assert_eq!(keys(&store, all("things")).await, ["old"]);
    assert_eq!(
        store.rows(building.clone(), vec!["new".into(), "old".into()]).await.unwrap(),
        [Some("{\"kind\":\"x\"}".into()), None]
    );
    assert_eq!(store.projections().await.unwrap(), [record(things(), 1, 5), record(building.clone(), 2, 3)]);

    assert!(!store.swap_read_model("things", Position(4), vec![]).await.unwrap());
    assert_eq!(keys(&store, all("things")).await, ["old"]);
    assert!(store.swap_read_model("things", Position(3), vec!["kind".into()]).await.unwrap());
    assert_eq!(keys(&store, all("things")).await, ["new"]);
    let previous = record(ReadModel::previous("things"), 1, 5);
    assert_eq!(store.projections().await.unwrap(), [record(things(), 2, 3), previous]);
    assert_eq!(store.count_rows(building).await.unwrap(), 0);
    assert!(!store.swap_read_model("things", Position(3), vec![]).await.unwrap());
    // It goes on from where it is, and can be rebuilt again.
    let mut more = commit(things(), 3, 6, &[("more", json!({"kind":"x"}))]);
    more.logic_version = 2;
    assert!(store.commit_rows(more).await.unwrap());
    let by_kind = RowQuery { filters: vec![("kind".into(), json!("x"))], ..all("things") };
    assert_eq!(keys(&store, by_kind).await, ["more", "new"]);
    assert!(store.commit_rows(commit(ReadModel::building("things"), 0, 6, &[("third", json!({}))])).await.unwrap());
    assert!(store.swap_read_model("things", Position(6), vec!["kind".into()]).await.unwrap());
    assert_eq!(keys(&store, all("things")).await, ["third"]);
}

pub async fn a_reader_sees_the_old_or_the_new_read_model_and_never_none<S: Shared>(subject: S) {
    let (runner, reader) = (subject.open(), subject.open());
    assert!(runner.commit_rows(commit(things(), 0, 1, &[("a", json!({})), ("b", json!({}))])).await.unwrap());
    let rebuilding = tokio::spawn(async move {
        for _ in 0..30 {
            let building = ReadModel::building("things");
            assert!(runner.commit_rows(commit(building, 0, 1, &[("a", json!({})), ("b", json!({}))])).await.unwrap());
            assert!(runner.swap_read_model("things", Position(1), vec!["kind".into()]).await.unwrap());
        }
    });
    while !rebuilding.is_finished() {
        assert_eq!(keys(&reader, all("things")).await, ["a", "b"]);
        tokio::task::yield_now().await;
    }
    rebuilding.await.unwrap();
}

pub async fn what_is_swapped_in_has_its_rows_while_another_one_tidies_up<S: Shared>(subject: S) {
    let (runner, other) = (subject.open(), subject.open());
    runner.init().await.unwrap();
    let tidying = tokio::spawn(async move {
        loop {
            other.drop_read_model(ReadModel::previous("things")).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    for round in 1..=40 {
        let key = format!("round {round:02}");
        assert!(runner.commit_rows(commit(ReadModel::building("things"), 0, round, &[(&key, json!({}))])).await.unwrap());
        assert!(runner.swap_read_model("things", Position(round), vec![]).await.unwrap());
        assert_eq!(keys(&runner, all("things")).await, [key]);
    }
    assert!(!tidying.is_finished());
    tidying.abort();
}

pub async fn dropping_takes_one_read_model_and_never_events<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 3).await;
    let (others, building) = (ReadModel::live("others"), ReadModel::building("things"));
    for model in [things(), building.clone(), others.clone()] {
        assert!(store.commit_rows(commit(model, 0, 3, &[("a", json!({}))])).await.unwrap());
    }
    assert!(store.drop_read_model(things()).await.unwrap());
    assert!(!store.drop_read_model(things()).await.unwrap());
    assert_eq!(store.count_rows(things()).await.unwrap(), 0);
    assert_eq!(store.projections().await.unwrap(), [record(others.clone(), 1, 3), record(building.clone(), 1, 3)]);
    assert!(store.drop_read_model(building).await.unwrap());
    assert_eq!(store.count_rows(others).await.unwrap(), 1);
    assert_eq!(whole(&store).await.len(), 3);
    // A dropped read model starts from the beginning.
    assert!(store.commit_rows(commit(things(), 0, 3, &[("z", json!({}))])).await.unwrap());
    assert_eq!(keys(&store, all("things")).await, ["z"]);
}

pub async fn a_commit_from_0_goes_on_with_a_read_model_that_is_there<S: Subject>(subject: S) {
    let store = subject.store();
    let building = ReadModel::building("things");
    assert!(store.commit_rows(commit(building.clone(), 0, 0, &[("old", json!({}))])).await.unwrap());
    assert!(store.commit_rows(commit(building.clone(), 0, 2, &[("new", json!({}))])).await.unwrap());
    assert_eq!(store.rows(building, vec!["old".into(), "new".into()]).await.unwrap(), [Some("{}".into()), Some("{}".into())]);
}
