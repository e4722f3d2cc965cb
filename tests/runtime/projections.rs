//! The projection runner: each event exactly once, whatever happens between.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use esctl::aggregate::Fold;
use esctl::aggregate::FoldError;
use esctl::aggregate::FoldVersion;
use esctl::aggregate::Projection;
use esctl::domain::resource::RESOURCES;
use esctl::event::EventType;
use esctl::event::EventView;
use esctl::event::ExpectedVersion;
use esctl::event::NewEvent;
use esctl::event::Position;
use esctl::event::Timestamp;
use esctl::runtime::BatchSize;
use esctl::runtime::Projector;
use esctl::runtime::Query;
use esctl::runtime::QueryBus;
use esctl::runtime::RunOptions;
use esctl::runtime::RunReport;
use esctl::runtime::RuntimeError;
use esctl::store::AppendRequest;
use esctl::store::Checkpoint;
use esctl::store::FailedEventChanges;
use esctl::store::Part;
use esctl::store::ReadModel;
use esctl::store::RecordTime;
use esctl::store::RowQuery;
use esctl::store::RowsCommit;
use esctl::store::Store;
use esctl::store::StoreError;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::common::backend::Backend;
use crate::conformance::wrapped::counting;
use crate::runtime::kit::World;
use crate::runtime::kit::command;
use crate::runtime::kit::world;

crate::on_every_backend! { async:
    each_event_is_applied_once_across_batches_and_runs
    runners_at_the_same_time_apply_nothing_twice
    rebuilds_at_the_same_time_end_with_one_whole_read_model
    a_rebuild_that_was_broken_off_leaves_the_old_one_and_goes_on
    a_checkpoint_of_another_store_is_found_out
    an_event_that_cannot_be_applied_stops_it_right_before
    new_logic_rebuilds_its_read_model
    a_query_brings_the_read_model_up_to_date_and_sees_this_moment
    a_projection_is_given_events_of_its_categories_only
    a_rebuild_saves_each_row_once_and_restores_none
    the_rows_of_a_batch_are_read_with_one_request_and_written_with_one
}

async fn run(world: &World, batch: usize) -> Result<RunReport, RuntimeError> {
    Projector::new(&world.store, &RESOURCES, world.clock(), BatchSize(batch)).catch_up(&mut |_| {}).await
}

async fn amounts(world: &World) -> Vec<(String, i64)> {
    let query = Query { name: "resources".into(), limit: 100, stale: true, ..Query::default() };
    let rows = QueryBus::new(world.store.clone(), world.clock()).ask(&query, (world.clock())()).await.unwrap().rows;
    rows.into_iter().map(|row| (row.key, row.row["amount"].as_i64().unwrap())).collect()
}

async fn each_event_is_applied_once_across_batches_and_runs(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    world.create("wood", 500).await;
    world.allocate("gold", 30).await;
    let first = run(&world, 7).await.unwrap();
    assert_eq!((first.events_applied, first.position, first.rebuilt), (32, Position(32), true));
    world.allocate("wood", 20).await;
    let second = run(&world, 7).await.unwrap();
    assert_eq!((second.from, second.events_applied, second.rebuilt), (Position(32), 20, false));
    assert_eq!(run(&world, 7).await.unwrap().events_applied, 0);
    assert_eq!(amounts(&world).await, [("gold".to_owned(), 970), ("wood".to_owned(), 480)]);
}

async fn runners_at_the_same_time_apply_nothing_twice(on: Backend) {
    let world = Arc::new(world(on));
    world.create("gold", 100_000).await;
    run(&world, 10).await.unwrap();
    world.allocate("gold", 300).await;
    let mut tasks = Vec::new();
    for batch in [3, 5, 7, 11] {
        let world = Arc::clone(&world);
        tasks.push(tokio::spawn(async move { run(&world, batch).await.unwrap().position }));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), Position(301));
    }
    assert_eq!(amounts(&world).await, [("gold".to_owned(), 100_000 - 300)]);
}

async fn rebuilds_at_the_same_time_end_with_one_whole_read_model(on: Backend) {
    let world = Arc::new(world(on));
    world.create("gold", 100_000).await;
    world.allocate("gold", 300).await;
    let mut tasks = Vec::new();
    for batch in [3, 5, 7, 11] {
        let world = Arc::clone(&world);
        tasks.push(tokio::spawn(async move {
            Projector::new(&world.store, &RESOURCES, world.clock(), BatchSize(batch)).rebuild(&mut |_| {}).await.unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    run(&world, 100).await.unwrap();
    assert_eq!(amounts(&world).await, [("gold".to_owned(), 100_000 - 300)]);
}

async fn a_rebuild_that_was_broken_off_leaves_the_old_one_and_goes_on(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    world.allocate("gold", 50).await;
    run(&world, 10).await.unwrap();
    {
        let projector = Projector::new(&world.store, &RESOURCES, world.clock(), BatchSize(10));
        let mut stop = |_: u64| {};
        let rebuild = projector.rebuild(&mut stop);
        // Dropped after a few turns, as if interrupted.
        let _ = tokio::time::timeout(std::time::Duration::from_micros(300), rebuild).await;
    }
    assert_eq!(amounts(&world).await, [("gold".to_owned(), 950)]);
    let report = Projector::new(&world.store, &RESOURCES, world.clock(), BatchSize(10)).rebuild(&mut |_| {}).await.unwrap();
    assert!(report.rebuilt);
    assert_eq!(amounts(&world).await, [("gold".to_owned(), 950)]);
    let building =
        world.store.projections().await.unwrap().into_iter().filter(|record| record.model.part == Part::Building).count();
    assert_eq!(building, 0);
}

async fn a_checkpoint_of_another_store_is_found_out(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    run(&world, 10).await.unwrap();
    let foreign = RowsCommit {
        model: ReadModel::live("resources"),
        logic_version: 1,
        from: Position(1),
        commits: None,
        to: Checkpoint { position: Position(1), event_id: Some(Uuid::from_u128(7)) },
        rows: Vec::new(),
        failed_events: FailedEventChanges::default(),
        now: (world.clock())(),
    };
    assert!(world.store.commit_rows(foreign).await.unwrap());
    world.allocate("gold", 1).await;
    let error = run(&world, 10).await.unwrap_err();
    assert!(matches!(&error, RuntimeError::Store(StoreError::ForeignCheckpoint { .. })), "{error:?}");
    // A rebuild reads the events only.
    Projector::new(&world.store, &RESOURCES, world.clock(), BatchSize(10)).rebuild(&mut |_| {}).await.unwrap();
    assert_eq!(amounts(&world).await, [("gold".to_owned(), 999)]);
}

async fn an_event_that_cannot_be_applied_stops_it_right_before(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    run(&world, 10).await.unwrap();
    world.allocate("gold", 2).await;
    let mut bad = NewEvent::new(EventType::parse("resource.allocated").unwrap(), &json!({"amount": "many"})).unwrap();
    bad.event_id = Uuid::from_u128(1);
    let request = AppendRequest {
        stream: "resource-gold".parse().unwrap(),
        expected: ExpectedVersion::Any,
        events: vec![bad],
        time: RecordTime::StoreClock,
    };
    world.store.append(request).await.unwrap();
    let error = run(&world, 1000).await.unwrap_err();
    assert!(matches!(&error, RuntimeError::Fold { position: Position(4), .. }), "{error:?}");
    // All of what was before it is there.
    assert_eq!(amounts(&world).await, [("gold".to_owned(), 998)]);
    // A read model that cannot be rebuilt stays as it was.
    assert!(Projector::new(&world.store, &RESOURCES, world.clock(), BatchSize(1)).rebuild(&mut |_| {}).await.is_err());
    assert_eq!(amounts(&world).await, [("gold".to_owned(), 998)]);
}

/// The same projection, with other logic.
struct Newer;

impl Projection for Newer {
    fn name(&self) -> &str {
        "resources"
    }
    fn version(&self) -> u32 {
        2
    }
    fn categories(&self) -> Vec<String> {
        RESOURCES.categories()
    }
    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>> {
        RESOURCES.key(event).map(|key| Cow::Owned(format!("new-{key}")))
    }
    fn row(&self, key: &str) -> Box<dyn Fold> {
        RESOURCES.row(key)
    }
}

async fn new_logic_rebuilds_its_read_model(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    run(&world, 10).await.unwrap();
    let report = Projector::new(&world.store, &Newer, world.clock(), BatchSize(10)).catch_up(&mut |_| {}).await.unwrap();
    assert!(report.rebuilt);
    assert_eq!(amounts(&world).await, [("new-gold".to_owned(), 1000)]);
}

async fn a_query_brings_the_read_model_up_to_date_and_sees_this_moment(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    world.bus(0).send(&command("resource.lock", "gold", json!({"for": "1m"}))).await.unwrap();
    let queries = QueryBus::new(world.store.clone(), world.clock());
    let locked = |locked: bool| Query {
        name: "resources".into(),
        filters: vec![("owner_id".into(), json!("ann")), ("is_locked".into(), Value::Bool(locked))],
        limit: 10,
        ..Query::default()
    };
    assert_eq!(queries.ask(&locked(true), (world.clock())()).await.unwrap().rows.len(), 1);
    world.advance(61);
    assert_eq!(queries.ask(&locked(true), (world.clock())()).await.unwrap().rows.len(), 0);
    assert_eq!(queries.ask(&locked(false), (world.clock())()).await.unwrap().rows.len(), 1);
}

/// Leaves it to the runner to tell categories apart.
struct ByIdAlone;

impl Projection for ByIdAlone {
    fn name(&self) -> &str {
        "resources"
    }
    fn version(&self) -> u32 {
        1
    }
    fn categories(&self) -> Vec<String> {
        RESOURCES.categories()
    }
    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>> {
        event.stream.split_once('-').map(|(_, id)| Cow::Borrowed(id))
    }
    fn row(&self, key: &str) -> Box<dyn Fold> {
        RESOURCES.row(key)
    }
}

async fn a_projection_is_given_events_of_its_categories_only(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    let fact = json!({"amount": 1, "new_amount": 7});
    let request = AppendRequest {
        stream: "order-gold".parse().unwrap(),
        expected: ExpectedVersion::Any,
        events: vec![NewEvent::new(EventType::parse("resource.allocated").unwrap(), &fact).unwrap()],
        time: RecordTime::StoreClock,
    };
    world.store.append(request).await.unwrap();
    let projector = Projector::new(&world.store, &ByIdAlone, world.clock(), BatchSize(10));
    let report = projector.catch_up(&mut |_| {}).await.unwrap();
    assert_eq!((report.events_applied, report.position), (1, Position(2)));
    assert_eq!(amounts(&world).await, [("gold".to_owned(), 1000)]);
}

/// Counts how often rows are saved, which each write needs, and restored, which each row that was read needs. Its rows count the events
/// of each stream.
#[derive(Default)]
struct Counted {
    written: Arc<AtomicU64>,
    read: Arc<AtomicU64>,
}

struct CountedRow {
    events: u64,
    written: Arc<AtomicU64>,
    read: Arc<AtomicU64>,
}

impl Projection for Counted {
    fn name(&self) -> &str {
        "counted"
    }
    fn version(&self) -> u32 {
        1
    }
    fn categories(&self) -> Vec<String> {
        Vec::new()
    }
    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(event.stream))
    }
    fn row(&self, _: &str) -> Box<dyn Fold> {
        Box::new(CountedRow { events: 0, written: Arc::clone(&self.written), read: Arc::clone(&self.read) })
    }
}

impl Fold for CountedRow {
    fn version(&self) -> FoldVersion {
        FoldVersion { name: "counted".into(), version: 1 }
    }
    fn apply(&mut self, _: &EventView<'_>) -> Result<(), FoldError> {
        self.events += 1;
        Ok(())
    }
    fn save(&self) -> Result<String, FoldError> {
        self.written.fetch_add(1, Ordering::Relaxed);
        Ok(json!({ "events": self.events }).to_string())
    }
    fn restore(&mut self, saved: &str) -> Result<(), FoldError> {
        self.read.fetch_add(1, Ordering::Relaxed);
        self.events = serde_json::from_str::<Value>(saved).unwrap()["events"].as_u64().unwrap();
        Ok(())
    }
    fn show(&self, _: Timestamp) -> Value {
        json!(self.events)
    }
}

/// Appends an event to each of a number of streams.
async fn append_to_each(store: &Store, streams: u64) {
    let one = |n: u64| AppendRequest {
        stream: format!("thing-{n}").parse().unwrap(),
        expected: ExpectedVersion::Any,
        events: vec![NewEvent::new(EventType::parse("t").unwrap(), &json!({})).unwrap()],
        time: RecordTime::StoreClock,
    };
    let answers = store.append_together((0..streams).map(one).collect()).await.unwrap();
    assert!(answers.iter().all(Result::is_ok));
}

/// Several chunks of events, each for a row of its own.
async fn the_rows_of_a_batch_are_read_with_one_request_and_written_with_one(on: Backend) {
    let world = world(on);
    let streams = 3500;
    for round in 1..=2_u64 {
        append_to_each(&world.store, streams).await;
        let (store, calls) = counting(&world.store);
        let counted = Counted::default();
        let projector = Projector::new(&store, &counted, world.clock(), RunOptions::default());
        assert_eq!(projector.catch_up(&mut |_| {}).await.unwrap().events_applied, streams);
        let calls = calls.lock().unwrap();
        // In the first round no row can be there.
        assert_eq!((calls.get("rows").copied().unwrap_or(0), calls["commit_rows"]), (round - 1, 1), "{calls:?}");
        assert_eq!(counted.read.load(Ordering::Relaxed), (round - 1) * streams);
    }
    let small = RunOptions::from(BatchSize(1000));
    append_to_each(&world.store, streams).await;
    let (store, calls) = counting(&world.store);
    Projector::new(&store, &Counted::default(), world.clock(), small).catch_up(&mut |_| {}).await.unwrap();
    let calls = calls.lock().unwrap();
    assert_eq!((calls["rows"], calls["commit_rows"]), (4, 4), "{calls:?}");
}

async fn a_rebuild_saves_each_row_once_and_restores_none(on: Backend) {
    let world = world(on);
    let (streams, rounds) = (1000, 20);
    for _ in 0..rounds {
        append_to_each(&world.store, streams).await;
    }
    // With few rows, and with enough rows that they are loaded into an empty table.
    for few_rows in [10_000, 100] {
        let counted = Counted::default();
        let options = RunOptions { few_rows, ..RunOptions::default() };
        let projector = Projector::new(&world.store, &counted, world.clock(), options);
        assert!(projector.rebuild(&mut |_| {}).await.unwrap().rebuilt);
        assert_eq!((counted.written.load(Ordering::Relaxed), counted.read.load(Ordering::Relaxed)), (streams, 0), "{few_rows}");
        let query = RowQuery { name: "counted".into(), limit: 10_000, ..RowQuery::default() };
        let rows = world.store.query_rows(query).await.unwrap();
        assert_eq!(rows.len() as u64, streams);
        let expected = json!({ "events": rounds }).to_string();
        assert!(rows.iter().all(|(_, row)| *row == expected));
    }
}
