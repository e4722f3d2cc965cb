//! Projections run, stop, park, go on and are rebuilt: each event is in its row once, or known to be missing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use esctl::aggregate::Fold;
use esctl::aggregate::FoldError;
use esctl::aggregate::FoldVersion;
use esctl::aggregate::Projection;
use esctl::event::EventView;
use esctl::event::ExpectedVersion;
use esctl::event::Position;
use esctl::event::Timestamp;
use esctl::runtime::BatchSize;
use esctl::runtime::Caveat;
use esctl::runtime::Control;
use esctl::runtime::Definition;
use esctl::runtime::OnError;
use esctl::runtime::Paused;
use esctl::runtime::Projector;
use esctl::runtime::Query;
use esctl::runtime::QueryBus;
use esctl::runtime::QueryRow;
use esctl::runtime::RunReport;
use esctl::runtime::RuntimeError;
use esctl::runtime::pause;
use esctl::runtime::resume;
use esctl::runtime::set_on_error;
use esctl::runtime::system_clock;
use esctl::store::FailedEvent;
use esctl::store::FailedEventState;
use esctl::store::MAX_ROW_BYTES;
use esctl::store::ReadModel;
use esctl::store::Store;
use serde_json::Value;

use crate::conformance::kit::Subject;
use crate::conformance::kit::events;
use crate::conformance::kit::put;
use crate::conformance::kit::request;
use crate::conformance::read_models::all;
use crate::conformance::wrapped::read_only;

/// The positions of the events of each stream, in the order in which they came in.
pub struct Seen {
    /// Events at these positions fail to apply.
    bad: Vec<u64>,
}

struct Row {
    bad: Vec<u64>,
    positions: Vec<u64>,
}

impl Projection for Seen {
    fn name(&self) -> &str {
        "seen"
    }
    fn version(&self) -> u32 {
        1
    }
    fn categories(&self) -> Vec<String> {
        vec!["thing".into()]
    }
    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(event.stream))
    }
    fn row(&self, _: &str) -> Box<dyn Fold> {
        Box::new(Row { bad: self.bad.clone(), positions: Vec::new() })
    }
}

impl Fold for Row {
    fn version(&self) -> FoldVersion {
        FoldVersion { name: "seen".into(), version: 1 }
    }
    fn apply(&mut self, event: &EventView<'_>) -> Result<(), FoldError> {
        if self.bad.contains(&event.position.0) {
            return Err(FoldError::Reducer("it is bad".into()));
        }
        self.positions.push(event.position.0);
        Ok(())
    }
    fn save(&self) -> Result<String, FoldError> {
        Ok(serde_json::json!({ "positions": self.positions }).to_string())
    }
    fn restore(&mut self, saved: &str) -> Result<(), FoldError> {
        let saved: Value = serde_json::from_str(saved).unwrap();
        self.positions = saved["positions"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
        Ok(())
    }
    fn show(&self, _: Timestamp) -> Value {
        serde_json::json!(self.positions)
    }
}

pub fn seen(bad: &[u64]) -> Seen {
    Seen { bad: bad.to_vec() }
}

pub fn projector<'a>(store: &'a Store, seen: &'a Seen) -> Projector<'a> {
    Projector::new(store, seen, system_clock(), BatchSize(2))
}

pub async fn run(store: &Store, seen: &Seen) -> Result<RunReport, RuntimeError> {
    projector(store, seen).catch_up(&mut |_| {}).await
}

pub async fn rebuild(store: &Store, seen: &Seen) -> Result<RunReport, RuntimeError> {
    projector(store, seen).rebuild(&mut |_| {}).await
}

/// The rows as they are kept: the positions of each stream.
pub async fn rows(store: &Store) -> BTreeMap<String, Vec<u64>> {
    let positions = |row: String| {
        let row: Value = serde_json::from_str(&row).unwrap();
        row["positions"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect()
    };
    store.query_rows(all("seen")).await.unwrap().into_iter().map(|(key, row)| (key, positions(row))).collect()
}

pub fn wanted<const N: usize>(rows: [(&str, &[u64]); N]) -> BTreeMap<String, Vec<u64>> {
    rows.into_iter().map(|(key, positions)| (key.to_owned(), positions.to_vec())).collect()
}

pub async fn problems(store: &Store) -> Vec<(u64, FailedEventState, u32)> {
    let found = store.failed_events(ReadModel::live("seen")).await.unwrap();
    found.into_iter().map(|problem| (problem.position.0, problem.state, problem.attempts)).collect()
}

pub async fn problem_at(store: &Store, position: u64) -> FailedEvent {
    let found = store.failed_events(ReadModel::live("seen")).await.unwrap();
    found.into_iter().find(|problem| problem.position.0 == position).unwrap()
}

pub async fn at(store: &Store) -> u64 {
    let records = store.projections().await.unwrap();
    records.iter().find(|record| record.model == ReadModel::live("seen")).map_or(0, |record| record.checkpoint.position.0)
}

/// thing-a at 1 to 3 and 7 to 8, thing-b at 4 to 6 and 9 to 10; the read model knows the first six.
async fn two_things(store: &Store) {
    put(store, "thing-a", 3).await;
    put(store, "thing-b", 3).await;
    run(store, &seen(&[])).await.unwrap();
    put(store, "thing-a", 2).await;
    put(store, "thing-b", 2).await;
}

pub async fn it_stops_right_before_an_event_that_cannot_be_applied<S: Subject>(subject: S) {
    let store = subject.store();
    two_things(&store).await;
    for attempt in 1..=3 {
        let error = run(&store, &seen(&[8])).await.unwrap_err();
        assert!(matches!(&error, RuntimeError::Fold { position, .. } if position.0 == 8), "{error:?}");
        assert_eq!(at(&store).await, 7);
        assert_eq!(rows(&store).await, wanted([("thing-a", &[1, 2, 3, 7]), ("thing-b", &[4, 5, 6])]));
        assert_eq!(problems(&store).await, [(8, FailedEventState::Failing, attempt)]);
    }
    let problem = problem_at(&store, 8).await;
    assert_eq!((problem.stream.as_str(), problem.version.0), ("thing-a", 5));
    assert!(problem.error.contains("it is bad") && problem.first_at <= problem.last_at, "{problem:?}");
    // A program that can take it in goes on.
    run(&store, &seen(&[])).await.unwrap();
    assert_eq!(rows(&store).await, wanted([("thing-a", &[1, 2, 3, 7, 8]), ("thing-b", &[4, 5, 6, 9, 10])]));
    assert!(problems(&store).await.is_empty());
}

pub async fn an_event_that_is_skipped_stays_left_out_also_of_rebuilds<S: Subject>(subject: S) {
    let store = subject.store();
    two_things(&store).await;
    run(&store, &seen(&[8])).await.unwrap_err();
    let id = problem_at(&store, 8).await.event_id;
    let all = seen(&[8]);
    assert!(projector(&store, &all).skip(uuid::Uuid::from_u128(1)).await.is_err());
    assert_eq!(projector(&store, &all).skip(id).await.unwrap().problem, None);
    assert_eq!(problems(&store).await, [(8, FailedEventState::Skipped, 1)]);
    run(&store, &seen(&[8])).await.unwrap();
    let without = wanted([("thing-a", &[1, 2, 3, 7]), ("thing-b", &[4, 5, 6, 9, 10])]);
    assert_eq!(rows(&store).await, without);
    for _ in 0..2 {
        rebuild(&store, &seen(&[8])).await.unwrap();
        assert_eq!(rows(&store).await, without);
        assert_eq!(problems(&store).await, [(8, FailedEventState::Skipped, 1)]);
    }
    // To be applied after all: by the next rebuild.
    let mended = seen(&[]);
    assert!(projector(&store, &mended).retry(id).await.unwrap().rebuild_needed);
    assert_eq!(problems(&store).await, [(8, FailedEventState::Missing, 1)]);
    rebuild(&store, &mended).await.unwrap();
    assert!(problems(&store).await.is_empty());
    assert_eq!(rows(&store).await, wanted([("thing-a", &[1, 2, 3, 7, 8]), ("thing-b", &[4, 5, 6, 9, 10])]));
}

pub async fn a_parked_stream_is_held_back_and_the_others_go_on<S: Subject>(subject: S) {
    let store = subject.store();
    two_things(&store).await;
    set_on_error(&store, "seen", OnError::Park).await.unwrap();
    let report = run(&store, &seen(&[7])).await.unwrap();
    assert_eq!((report.events_applied, report.held_back), (2, 2));
    let held_back = wanted([("thing-a", &[1, 2, 3]), ("thing-b", &[4, 5, 6, 9, 10])]);
    assert_eq!(rows(&store).await, held_back);
    assert_eq!(problems(&store).await, [(7, FailedEventState::Parked, 1)]);
    put(&store, "thing-a", 1).await;
    let report = run(&store, &seen(&[])).await.unwrap();
    assert_eq!((report.events_applied, report.held_back), (0, 1));

    let id = problem_at(&store, 7).await.event_id;
    let (bad, worse, good) = (seen(&[7]), seen(&[8]), seen(&[]));
    let again = projector(&store, &bad).retry(id).await.unwrap();
    assert_eq!((again.events_applied, again.problem.unwrap().position.0), (0, 7));
    assert_eq!(problems(&store).await, [(7, FailedEventState::Parked, 2)]);
    assert_eq!(rows(&store).await, held_back);
    // The next one of the stream may be bad, too.
    let again = projector(&store, &worse).retry(id).await.unwrap();
    assert_eq!((again.events_applied, again.problem.unwrap().position.0), (1, 8));
    assert_eq!(problems(&store).await, [(8, FailedEventState::Parked, 1)]);
    let id = problem_at(&store, 8).await.event_id;
    let again = projector(&store, &good).retry(id).await.unwrap();
    assert_eq!((again.events_applied, again.problem), (2, None));
    assert!(problems(&store).await.is_empty());
    assert!(projector(&store, &good).retry(id).await.is_err());
    assert_eq!(rows(&store).await, wanted([("thing-a", &[1, 2, 3, 7, 8, 11]), ("thing-b", &[4, 5, 6, 9, 10])]));
}

pub async fn skipping_a_parked_event_lets_the_rest_of_its_stream_in<S: Subject>(subject: S) {
    let store = subject.store();
    two_things(&store).await;
    set_on_error(&store, "seen", OnError::Park).await.unwrap();
    run(&store, &seen(&[7, 9])).await.unwrap();
    assert_eq!(problems(&store).await, [(7, FailedEventState::Parked, 1), (9, FailedEventState::Parked, 1)]);
    let bad = seen(&[7, 9]);
    let id = problem_at(&store, 7).await.event_id;
    let skipped = projector(&store, &bad).skip(id).await.unwrap();
    assert_eq!((skipped.events_applied, skipped.problem), (1, None));
    assert_eq!(problems(&store).await, [(7, FailedEventState::Skipped, 1), (9, FailedEventState::Parked, 1)]);
    let without = wanted([("thing-a", &[1, 2, 3, 8]), ("thing-b", &[4, 5, 6])]);
    assert_eq!(rows(&store).await, without);
    put(&store, "thing-a", 1).await;
    run(&store, &bad).await.unwrap();
    rebuild(&store, &bad).await.unwrap();
    assert_eq!(rows(&store).await, wanted([("thing-a", &[1, 2, 3, 8, 11]), ("thing-b", &[4, 5, 6])]));
    assert_eq!(problems(&store).await, [(7, FailedEventState::Skipped, 1), (9, FailedEventState::Parked, 1)]);
}

pub async fn it_stops_right_before_an_event_that_makes_a_row_too_large<S: Subject>(subject: S) {
    let store = subject.store();
    let definition = Definition {
        name: "heavy".into(),
        version: 1,
        categories: Vec::new(),
        key: ".stream".into(),
        reduce: "{n: ((.state.n // 0) + 1), text: ((.state.text // \"\") + (\"x\" * (if .event.stream == \"a\" then 5000000 else 1 end)))}".into(),
    };
    let heavy = definition.projection().unwrap();
    let runner = Projector::new(&store, &heavy, system_clock(), BatchSize::default());
    put(&store, "a", 2).await;
    put(&store, "b", 2).await;
    put(&store, "a", 1).await;
    put(&store, "b", 2).await;
    let stopped = runner.catch_up(&mut |_| {}).await.unwrap_err();
    let RuntimeError::Fold { position, source: FoldError::RowTooLarge { bytes, limit }, .. } = stopped else {
        panic!("{stopped:?}")
    };
    assert!(position.0 == 5 && bytes > 15_000_000 && limit == MAX_ROW_BYTES, "{position} {bytes} {limit}");
    // Parked by policy, the others go on.
    set_on_error(&store, "heavy", OnError::Park).await.unwrap();
    let report = runner.catch_up(&mut |_| {}).await.unwrap();
    assert_eq!((report.position.0, report.events_applied, report.held_back), (7, 2, 1));
    let problems = store.failed_events(ReadModel::live("heavy")).await.unwrap();
    assert_eq!(problems.iter().map(|found| (found.position.0, found.state)).collect::<Vec<_>>(), [(5, FailedEventState::Parked)]);
    let kept = store.query_rows(all("heavy")).await.unwrap();
    let kept = kept.iter().map(|(key, row)| (key.as_str(), row.len() > 10_000_000, &row[..6])).collect::<Vec<_>>();
    assert_eq!(kept, [("a", true, "{\"n\":2"), ("b", false, "{\"n\":4")]);
    // To try it again does not help, and breaks nothing.
    let released = runner.retry(problems[0].event_id).await.unwrap();
    assert_eq!((released.events_applied, released.problem.unwrap().position.0), (0, 5));
    runner.skip(problems[0].event_id).await.unwrap();
    put(&store, "b", 1).await;
    assert_eq!(runner.catch_up(&mut |_| {}).await.unwrap().position.0, 8);
}

pub async fn a_rebuild_that_stops_leaves_the_old_read_model_and_goes_on_later<S: Subject>(subject: S) {
    let store = subject.store();
    two_things(&store).await;
    run(&store, &seen(&[])).await.unwrap();
    let before = rows(&store).await;
    rebuild(&store, &seen(&[5])).await.unwrap_err();
    assert_eq!(rows(&store).await, before);
    assert!(problems(&store).await.is_empty());
    let bad = seen(&[5]);
    let found = projector(&store, &bad).problems().await.unwrap();
    assert_eq!(found.len(), 1);
    projector(&store, &bad).skip(found[0].1.event_id).await.unwrap();
    assert!(rebuild(&store, &bad).await.unwrap().rebuilt);
    assert_eq!(rows(&store).await, wanted([("thing-a", &[1, 2, 3, 7, 8]), ("thing-b", &[4, 6, 9, 10])]));
    assert!(store.exchange_read_models("seen").await.unwrap());
    assert_eq!(rows(&store).await, before);
}

pub async fn a_paused_projection_stays_where_it_is<S: Subject>(subject: S) {
    let store = subject.store();
    two_things(&store).await;
    let paused = Paused { since: Timestamp::MIN, by: "ann".into(), reason: None };
    pause(&store, "seen", &paused).await.unwrap();
    assert_eq!(Control::load(&store, "seen", Timestamp::MIN).await.unwrap().paused, Some(paused));
    assert_eq!(Control::load(&store, "see", Timestamp::MIN).await.unwrap(), Control::default());
    let report = run(&store, &seen(&[])).await.unwrap();
    assert!(report.paused && report.position.0 == 6 && report.events_applied == 0, "{report:?}");
    assert_eq!(at(&store).await, 6);
    // A rebuild is asked for by name.
    assert!(rebuild(&store, &seen(&[])).await.unwrap().rebuilt);
    assert_eq!(at(&store).await, 10);
    put(&store, "thing-a", 1).await;
    assert!(run(&store, &seen(&[])).await.unwrap().paused);
    assert!(resume(&store, "seen").await.unwrap());
    assert!(!resume(&store, "seen").await.unwrap());
    assert_eq!(run(&store, &seen(&[])).await.unwrap().position.0, 11);
}

pub async fn a_skip_that_is_taken_back_is_missing_until_a_rebuild<S: Subject>(subject: S) {
    let store = subject.store();
    two_things(&store).await;
    let (bad, mended) = (seen(&[8]), seen(&[]));
    run(&store, &bad).await.unwrap_err();
    let id = problem_at(&store, 8).await.event_id;
    // It has not gone past the event: there is nothing to make up for.
    projector(&store, &bad).skip(id).await.unwrap();
    assert!(!projector(&store, &bad).retry(id).await.unwrap().rebuild_needed);
    assert!(problems(&store).await.is_empty());
    run(&store, &bad).await.unwrap_err();
    projector(&store, &bad).skip(id).await.unwrap();
    run(&store, &bad).await.unwrap();
    for _ in 0..2 {
        assert!(projector(&store, &bad).retry(id).await.unwrap().rebuild_needed);
        assert_eq!(problems(&store).await, [(8, FailedEventState::Missing, 1)]);
        put(&store, "thing-a", 1).await;
        run(&store, &mended).await.unwrap();
    }
    let queries = QueryBus::new(store.clone(), system_clock()).with(Arc::new(seen(&[])));
    assert_eq!(queries.caveats("seen").await.unwrap(), [Caveat::Missing(1)]);
    projector(&store, &bad).skip(id).await.unwrap();
    assert_eq!(problems(&store).await, [(8, FailedEventState::Skipped, 1)]);
    assert!(projector(&store, &bad).retry(id).await.unwrap().rebuild_needed);
    // A rebuild applies it, or is stopped at it again.
    rebuild(&store, &bad).await.unwrap_err();
    assert_eq!(problems(&store).await, [(8, FailedEventState::Missing, 1)]);
    rebuild(&store, &mended).await.unwrap();
    assert!(problems(&store).await.is_empty());
    assert_eq!(rows(&store).await, wanted([("thing-a", &[1, 2, 3, 7, 8, 11, 12]), ("thing-b", &[4, 5, 6, 9, 10])]));
}

pub async fn what_was_left_out_of_a_rebuild_under_way_or_of_the_read_model_before_is_not_forgotten<S: Subject>(subject: S) {
    let store = subject.store();
    two_things(&store).await;
    let (bad, mended) = (seen(&[8]), seen(&[]));
    run(&store, &bad).await.unwrap_err();
    let id = problem_at(&store, 8).await.event_id;
    projector(&store, &bad).skip(id).await.unwrap();
    rebuild(&store, &bad).await.unwrap();
    rebuild(&store, &bad).await.unwrap();
    // One is under way beside it that has left it out as well.
    projector(&store, &bad).build(Some(Position(9)), &mut |_| {}).await.unwrap();
    assert!(projector(&store, &mended).retry(id).await.unwrap().rebuild_needed);
    rebuild(&store, &mended).await.unwrap();
    let whole = wanted([("thing-a", &[1, 2, 3, 7, 8]), ("thing-b", &[4, 5, 6, 9, 10])]);
    assert_eq!((rows(&store).await, problems(&store).await), (whole.clone(), Vec::new()));
    // The one before lacks it, and says so.
    assert!(store.exchange_read_models("seen").await.unwrap());
    assert_eq!(problems(&store).await, [(8, FailedEventState::Missing, 1)]);
    // Another skip of it is one of both.
    projector(&store, &mended).skip(id).await.unwrap();
    rebuild(&store, &mended).await.unwrap();
    assert!(projector(&store, &mended).retry(id).await.unwrap().rebuild_needed);
    assert!(store.exchange_read_models("seen").await.unwrap());
    assert_eq!(problems(&store).await, [(8, FailedEventState::Missing, 1)]);
    rebuild(&store, &mended).await.unwrap();
    assert_eq!((rows(&store).await, problems(&store).await), (whole, Vec::new()));
}

fn asked(after: Option<&str>, limit: usize, stale: bool) -> Query {
    Query { name: "seen".into(), filters: Vec::new(), after: after.map(str::to_owned), limit, stale }
}

/// Returns the answer to a caller that cannot write, page by page, and its caveats.
async fn answer(store: &Store, bad: &[u64], page: usize) -> (Vec<QueryRow>, Vec<Caveat>) {
    let queries = QueryBus::new(read_only(store), system_clock()).with(Arc::new(seen(bad)));
    let mut rows: Vec<QueryRow> = Vec::new();
    loop {
        let after = rows.last().map(|row| row.key.clone());
        let found = queries.ask(&asked(after.as_deref(), page, false), Timestamp::MIN).await.unwrap();
        let last = found.rows.len() < page;
        rows.extend(found.rows);
        if last {
            return (rows, found.caveats);
        }
    }
}

/// Returns the answer of the read model once a caller that can write has brought it up to date.
async fn answer_of_the_read_model(store: &Store, bad: &[u64]) -> Vec<QueryRow> {
    let queries = QueryBus::new(store.clone(), system_clock()).with(Arc::new(seen(bad)));
    queries.ask(&asked(None, 10_000, false), Timestamp::MIN).await.unwrap().rows
}

fn in_memory(caveats: &[Caveat]) -> bool {
    matches!(caveats.first(), Some(Caveat::InMemory(reason)) if reason.contains("cannot be written"))
}

pub async fn a_caller_that_cannot_write_gets_the_answer_of_the_read_model<S: Subject>(subject: S) {
    let store = subject.store();
    // More rows than are read at once, old ones and new ones.
    for numbers in [0..700, 700..1100] {
        let append = |number| request(&format!("thing-{number:04}"), ExpectedVersion::Any, events(1));
        store.append_together(numbers.map(append).collect()).await.unwrap();
        if at(&store).await == 0 {
            answer_of_the_read_model(&store, &[]).await;
        }
    }
    put(&store, "thing-0001", 2).await;
    put(&store, "thing-0500", 1).await;
    let (rows, caveats) = answer(&store, &[], 130).await;
    assert!(in_memory(&caveats) && caveats.len() == 1, "{caveats:?}");
    assert_eq!(rows.len(), 1100);
    assert_eq!(rows, answer_of_the_read_model(&store, &[]).await);
    // An answer without new events does not come from memory.
    let (rows, caveats) = answer(&store, &[], 2000).await;
    assert_eq!((rows.len(), caveats), (1100, Vec::new()));
}

pub async fn a_reader_without_write_access_learns_what_is_stopped_and_what_is_parked<S: Subject>(subject: S) {
    let store = subject.store();
    two_things(&store).await;
    // It would be stopped at an event, which is not recorded yet.
    let (rows, caveats) = answer(&store, &[8], 10).await;
    let stopped = |found: &Caveat| matches!(found, Caveat::Stopped(problem) if problem.position.0 == 8);
    assert!(in_memory(&caveats) && stopped(&caveats[1]) && caveats.len() == 2, "{caveats:?}");
    assert_eq!(rows, answer_of_the_read_model(&store, &[8]).await);
    // A stopped one answers from its rows.
    let (again, caveats) = answer(&store, &[8], 10).await;
    assert!(stopped(&caveats[0]) && caveats[1..] == [Caveat::Behind(3)], "{caveats:?}");
    assert_eq!(again, rows);
    // A skipped event is left out, a parked one is held back, and likewise one that comes to be parked.
    let id = problem_at(&store, 8).await.event_id;
    projector(&store, &seen(&[8])).skip(id).await.unwrap();
    set_on_error(&store, "seen", OnError::Park).await.unwrap();
    let (rows, caveats) = answer(&store, &[8, 9], 10).await;
    assert!(in_memory(&caveats) && caveats[1..] == [Caveat::Parked(1)], "{caveats:?}");
    assert_eq!(rows, answer_of_the_read_model(&store, &[8, 9]).await);
    put(&store, "thing-b", 1).await;
    put(&store, "thing-a", 1).await;
    projector(&store, &seen(&[9])).retry(id).await.unwrap();
    let (rows, caveats) = answer(&store, &[], 10).await;
    assert_eq!(caveats[1..], [Caveat::Parked(1), Caveat::Missing(1)], "{caveats:?}");
    assert_eq!(rows, answer_of_the_read_model(&store, &[]).await);
    assert_eq!(rows.iter().map(|row| row.row.as_array().unwrap().len()).collect::<Vec<_>>(), [5, 3]);
    // Without a read model everything is computed, and a partial build is continued.
    store.drop_read_model(ReadModel::live("seen")).await.unwrap();
    let (rows, caveats) = answer(&store, &[9], 10).await;
    assert!(in_memory(&caveats) && caveats[1..] == [Caveat::Parked(1)], "{caveats:?}");
    assert_eq!(rows, answer_of_the_read_model(&store, &[9]).await);
    // A paused one answers what is kept.
    pause(&store, "seen", &Paused { since: Timestamp::MIN, by: "ann".into(), reason: None }).await.unwrap();
    put(&store, "thing-a", 1).await;
    let (kept, caveats) = answer(&store, &[9], 10).await;
    assert!(matches!(caveats[..], [Caveat::Paused(_), Caveat::Parked(1), Caveat::Behind(_)]), "{caveats:?}");
    assert_eq!(kept, rows);
}

pub async fn what_was_worked_out_for_one_who_cannot_write_is_not_answered_again_once_the_read_model_is_another_one<S: Subject>(
    subject: S,
) {
    let store = subject.store();
    two_things(&store).await;
    set_on_error(&store, "seen", OnError::Park).await.unwrap();
    let bad = [7];
    run(&store, &seen(&bad)).await.unwrap();
    put(&store, "thing-a", 1).await;
    let queries = QueryBus::new(read_only(&store), system_clock()).with(Arc::new(seen(&bad)));
    let ask = async || queries.ask(&asked(None, 10, false), Timestamp::MIN).await.unwrap().rows;
    let before = ask().await;
    // Nothing was appended since.
    projector(&store, &seen(&bad)).skip(problem_at(&store, 7).await.event_id).await.unwrap();
    let after = ask().await;
    assert_ne!(after, before);
    assert_eq!(after, answer_of_the_read_model(&store, &bad).await);
}
