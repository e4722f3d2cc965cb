//! A load replaces all rows of a read model in one step, or changes nothing.

use std::time::Duration;

use esctl::event::ExpectedVersion;
use esctl::event::Position;
use esctl::runtime::BatchSize;
use esctl::runtime::OnError;
use esctl::runtime::Projector;
use esctl::runtime::RunOptions;
use esctl::runtime::set_on_error;
use esctl::runtime::system_clock;
use esctl::store::FailedEventState;
use esctl::store::MAX_ROW_BYTES;
use esctl::store::ReadModel;
use esctl::store::RowLoad;
use esctl::store::RowQuery;
use esctl::store::Store;
use esctl::store::StoreError;
use serde_json::Value;
use serde_json::json;

use crate::assert_fails;
use crate::conformance::kit::Shared;
use crate::conformance::kit::Subject;
use crate::conformance::kit::events;
use crate::conformance::kit::put;
use crate::conformance::kit::request;
use crate::conformance::kit::whole;
use crate::conformance::projections::Seen;
use crate::conformance::projections::problems;
use crate::conformance::projections::rows;
use crate::conformance::projections::seen;
use crate::conformance::projections::wanted;
use crate::conformance::read_models::all;
use crate::conformance::read_models::commit;

fn building() -> ReadModel {
    ReadModel::building("things")
}

fn rows_of<const N: usize>(rows: [(&str, Value); N]) -> Vec<(String, String)> {
    rows.into_iter().map(|(key, row)| (key.to_owned(), row.to_string())).collect()
}

async fn begin(store: &Store) -> RowLoad {
    let load = RowLoad::new(building());
    store.begin_load(&load).await.unwrap();
    load
}

async fn stored(store: &Store) -> Vec<(String, String)> {
    let query = RowQuery { part: building().part, ..all("things") };
    store.query_rows(query).await.unwrap()
}

pub async fn loaded_rows_replace_all_rows_together_with_the_checkpoint<S: Subject>(subject: S) {
    let store = subject.store();
    let mut load = begin(&store).await;
    let first = rows_of([("", json!({"n": 1})), ("b'\"é", json!({"n": 2}))]);
    assert!(store.load_rows(&mut load, first.clone()).await.unwrap());
    assert!(store.load_rows(&mut load, rows_of([("a", json!({"n": 3}))])).await.unwrap());
    assert!(store.finish_load(&load, commit(building(), 0, 3, &[])).await.unwrap());
    assert_eq!(stored(&store).await, [&first[..1], &rows_of([("a", json!({"n": 3}))]), &first[1..]].concat());
    // Rows are written to it, and a second load replaces these as well.
    assert!(store.commit_rows(commit(building(), 3, 4, &[("a", json!({"n": 4})), ("c", json!({}))])).await.unwrap());
    assert_eq!(
        store.rows(building(), vec!["a".into(), "c".into()]).await.unwrap(),
        [Some("{\"n\":4}".into()), Some("{}".into())]
    );
    let mut load = begin(&store).await;
    assert!(store.load_rows(&mut load, rows_of([("z", json!({"n": 5}))])).await.unwrap());
    assert!(store.finish_load(&load, commit(building(), 4, 5, &[])).await.unwrap());
    assert_eq!(stored(&store).await, rows_of([("z", json!({"n": 5}))]));
    let records = store.projections().await.unwrap();
    assert_eq!(records.iter().map(|record| (record.checkpoint.position.0, record.commits)).collect::<Vec<_>>(), [(5, 3)]);
    assert!(store.swap_read_model("things", Position(5), vec!["n".into()]).await.unwrap());
    let query = RowQuery { filters: vec![("n".into(), json!(5))], ..all("things") };
    assert_eq!(store.query_rows(query).await.unwrap(), rows_of([("z", json!({"n": 5}))]));
    assert_eq!(store.schema_faults().await.unwrap(), []);
}

pub async fn a_load_is_invisible_until_it_is_finished<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-a", 2).await;
    assert!(store.commit_rows(commit(building(), 0, 1, &[("old", json!({}))])).await.unwrap());
    let before = (store.projections().await.unwrap(), stored(&store).await);
    let mut load = begin(&store).await;
    assert!(store.load_rows(&mut load, rows_of([("new", json!({}))])).await.unwrap());
    // It may stay like this for ever: its process was killed.
    assert_eq!((store.projections().await.unwrap(), stored(&store).await), before);
    assert_eq!(store.check_read_models().await.unwrap(), Vec::<String>::new());
    assert_eq!(store.schema_faults().await.unwrap(), []);
    whole(&store).await;
    assert!(store.drop_read_model(building()).await.unwrap());
    assert!(!store.load_rows(&mut load, rows_of([("new", json!({}))])).await.unwrap());
}

pub async fn a_load_ends_when_another_one_begins<S: Subject>(subject: S) {
    let store = subject.store();
    let mut first = begin(&store).await;
    assert!(store.load_rows(&mut first, rows_of([("first", json!({}))])).await.unwrap());
    let mut second = begin(&store).await;
    assert!(!store.load_rows(&mut first, rows_of([("late", json!({}))])).await.unwrap());
    assert!(store.load_rows(&mut second, rows_of([("second", json!({}))])).await.unwrap());
    assert!(!store.finish_load(&first, commit(building(), 0, 1, &[])).await.unwrap());
    assert!(store.projections().await.unwrap().is_empty());
    assert!(store.finish_load(&second, commit(building(), 0, 1, &[])).await.unwrap());
    assert!(!store.finish_load(&second, commit(building(), 1, 2, &[])).await.unwrap());
    assert_eq!(stored(&store).await, rows_of([("second", json!({}))]));
    // A load of another projection goes on.
    let mut other = RowLoad::new(ReadModel::building("things_2"));
    store.begin_load(&other).await.unwrap();
    begin(&store).await;
    assert!(store.load_rows(&mut other, rows_of([("x", json!({}))])).await.unwrap());
}

pub async fn a_load_ends_with_a_swap_and_with_a_drop<S: Subject>(subject: S) {
    let store = subject.store();
    assert!(store.commit_rows(commit(building(), 0, 1, &[("old", json!({}))])).await.unwrap());
    let load = begin(&store).await;
    assert!(store.swap_read_model("things", Position(1), Vec::new()).await.unwrap());
    let late = |store: Store, mut load: RowLoad| async move {
        let rows = rows_of([("late", json!({}))]);
        !store.load_rows(&mut load, rows).await.unwrap()
            && !store.finish_load(&load, commit(building(), 0, 1, &[])).await.unwrap()
    };
    assert!(late(store.clone(), load).await);
    let load = begin(&store).await;
    store.drop_read_model(building()).await.unwrap();
    assert!(late(store.clone(), load).await);
    assert_eq!(store.query_rows(all("things")).await.unwrap(), rows_of([("old", json!({}))]));
}

pub async fn a_load_of_another_checkpoint_changes_nothing<S: Subject>(subject: S) {
    let store = subject.store();
    assert!(store.commit_rows(commit(building(), 0, 3, &[("old", json!({}))])).await.unwrap());
    let before = store.projections().await.unwrap();
    let other = [
        commit(building(), 0, 4, &[]),
        commit(building(), 2, 4, &[]),
        esctl::store::RowsCommit { commits: Some(2), ..commit(building(), 3, 4, &[]) },
        esctl::store::RowsCommit { logic_version: 2, ..commit(building(), 3, 4, &[]) },
    ];
    for commit in other {
        let mut load = begin(&store).await;
        assert!(store.load_rows(&mut load, rows_of([("new", json!({}))])).await.unwrap());
        assert!(!store.finish_load(&load, commit).await.unwrap());
        assert_eq!((store.projections().await.unwrap(), stored(&store).await), (before.clone(), rows_of([("old", json!({}))])));
    }
}

pub async fn large_rows_are_loaded<S: Subject>(subject: S) {
    let store = subject.store();
    let mut load = begin(&store).await;
    let large = json!({ "n": 1, "text": "x".repeat(2 << 20) });
    assert!(store.load_rows(&mut load, rows_of([("large", large.clone()), ("small", json!({"n": 1}))])).await.unwrap());
    let too_large = rows_of([("x", json!({ "text": "x".repeat(MAX_ROW_BYTES) }))]);
    assert_fails!(store.load_rows(&mut load, too_large).await, StoreError::Invalid(_));
    assert!(store.finish_load(&load, commit(building(), 0, 1, &[])).await.unwrap());
    assert!(store.swap_read_model("things", Position(1), vec!["n".into()]).await.unwrap());
    for (field, value, found) in [("n", json!(1), 2), ("text", large["text"].clone(), 1)] {
        let query = RowQuery { filters: vec![(field.into(), value)], ..all("things") };
        assert_eq!(store.query_rows(query).await.unwrap().len(), found, "{field}");
    }
}

/// Every commit is a load, and no row stays in memory.
fn loads() -> RunOptions {
    RunOptions { memory: 0, commit_every: Duration::ZERO, few_rows: 0, ..RunOptions::default() }
}

fn runner<'a>(store: &'a Store, seen: &'a Seen, options: RunOptions) -> Projector<'a> {
    Projector::new(store, seen, system_clock(), options)
}

pub async fn a_build_has_the_same_rows_however_it_is_written<S: Subject>(subject: S) {
    let store = subject.store();
    // More than two chunks of events, of which some come back to a row that has left memory.
    for round in 0..5 {
        let one = |n: u64| request(&format!("thing-{:04}", n * 7 % 1000), ExpectedVersion::Any, events(1 + n % 2 * round));
        for answer in store.append_together((0..300).map(one).collect()).await.unwrap() {
            answer.unwrap();
        }
    }
    let bad = seen(&[3, 1100]);
    set_on_error(&store, "seen", OnError::Park).await.unwrap();
    runner(&store, &bad, BatchSize(50).into()).rebuild(&mut |_| {}).await.unwrap();
    let (rows_by_batches, problems_by_batches) = (rows(&store).await, problems(&store).await);
    assert_eq!(problems_by_batches.iter().map(|(_, state, _)| *state).collect::<Vec<_>>(), [FailedEventState::Parked; 2]);
    let ways = [
        RunOptions::default(),
        loads(),
        RunOptions { memory: 0, ..RunOptions::default() },
        RunOptions { few_rows: 0, ..RunOptions::default() },
        RunOptions { commit_every: Duration::ZERO, ..RunOptions::default() },
    ];
    for way in ways {
        let report = runner(&store, &bad, way).rebuild(&mut |_| {}).await.unwrap();
        assert!(report.rebuilt && report.position == store.head().await.unwrap().position, "{way:?}");
        assert_eq!(
            (rows(&store).await, problems(&store).await),
            (rows_by_batches.clone(), problems_by_batches.clone()),
            "{way:?}"
        );
    }
    assert_eq!(store.check_read_models().await.unwrap(), Vec::<String>::new());
}

pub async fn a_build_continues_with_loaded_rows<S: Subject>(subject: S) {
    let store = subject.store();
    for stream in ["thing-a", "thing-b", "thing-a", "thing-c"] {
        put(&store, stream, 2).await;
    }
    let seen = seen(&[]);
    for (to, way) in [(1, loads()), (3, RunOptions::default()), (4, loads()), (6, loads())] {
        let report = runner(&store, &seen, way).build(Some(Position(to)), &mut |_| {}).await.unwrap();
        assert_eq!((report.position.0, report.events_applied), (to, to - report.from.0));
    }
    let report = runner(&store, &seen, loads()).rebuild(&mut |_| {}).await.unwrap();
    assert_eq!((report.from.0, report.events_applied), (6, 2));
    assert_eq!(rows(&store).await, wanted([("thing-a", &[1, 2, 5, 6]), ("thing-b", &[3, 4]), ("thing-c", &[7, 8])]));
}

pub async fn rebuilds_at_once_by_loads_take_each_event_in_once<S: Shared>(subject: S) {
    let store = subject.store();
    for _ in 0..6 {
        let one = |n: u64| request(&format!("thing-{n:03}"), ExpectedVersion::Any, events(1));
        store.append_together((0..400).map(one).collect()).await.unwrap();
    }
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let store = subject.open();
            std::thread::spawn(move || {
                let mut done = 0;
                crate::conformance::kit::run(async {
                    for _ in 0..3 {
                        match runner(&store, &seen(&[]), loads()).rebuild(&mut |_| {}).await {
                            Ok(_) => done += 1,
                            Err(esctl::runtime::RuntimeError::Store(StoreError::Unavailable { .. })) => {}
                            Err(error) => panic!("{error:?}"),
                        }
                    }
                });
                done
            })
        })
        .collect();
    let done: u32 = runs.into_iter().map(|run| run.join().unwrap()).sum();
    assert!(done > 0, "every rebuild was ended by another one");
    let found = rows(&store).await;
    assert_eq!(found.len(), 400);
    for (index, (stream, positions)) in found.iter().enumerate() {
        let expected: Vec<u64> = (0..6).map(|round| round * 400 + index as u64 + 1).collect();
        assert_eq!(*positions, expected, "{stream}");
    }
}
