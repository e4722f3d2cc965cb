//! Promises for a store that an older version left.

use std::collections::BTreeMap;

use esctl::event::ExpectedVersion;
use esctl::event::JsonObject;
use esctl::event::Position;
use esctl::event::Timestamp;
use esctl::event::Version;
use esctl::ops::snapshots::VerifySnapshots;
use esctl::ops::verify::Verify;
use esctl::ops::verify::verify;
use esctl::runtime::BatchSize;
use esctl::runtime::Clock;
use esctl::runtime::Projector;
use esctl::runtime::Query;
use esctl::runtime::QueryBus;
use esctl::store::FailedEvent;
use esctl::store::FailedEventChanges;
use esctl::store::FailedEventState;
use esctl::store::Init;
use esctl::store::Outcome;
use esctl::store::Part;
use esctl::store::ReadModel;
use esctl::store::ReadQuery;
use esctl::store::Record;
use esctl::store::RowQuery;
use esctl::store::RowsCommit;
use esctl::store::Snapshot;
use esctl::store::SnapshotQuery;
use esctl::store::Store;
use esctl::store::StoreError;
use esctl::store::state_hash;
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::assert_fails;
use crate::conformance::kit::events;
use crate::conformance::kit::exactly;
use crate::conformance::kit::put;
use crate::conformance::kit::request;
use crate::conformance::kit::stream;
use crate::conformance::kit::whole;
use crate::upgrade::dumps::Dump;

async fn head<D: Dump>(store: &Store) -> bool {
    store.head().await.unwrap().hash.to_string() == D::HEAD
}

fn all(name: &str) -> RowQuery {
    RowQuery { name: name.into(), limit: 100, ..RowQuery::default() }
}

/// Returns the read models: their part, position, and number of rows.
async fn read_models(store: &Store) -> Vec<(Part, u64, u64)> {
    let mut found = Vec::new();
    for record in store.projections().await.unwrap() {
        assert_eq!((record.model.name.as_str(), record.logic_version), ("resources", 1));
        let rows = store.count_rows(record.model.clone()).await.unwrap();
        found.push((record.model.part, record.checkpoint.position.0, rows));
    }
    found
}

/// Everything that can be read of the dump is what was written.
async fn is_as_dumped<D: Dump>(store: &Store) {
    assert_eq!(whole(store).await.len(), 35);
    assert!(head::<D>(store).await);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    let report = verify(store, &Verify::default(), &mut |_| {}).await.unwrap();
    assert!(report.ok && report.snapshots == 2, "{report:?}");
    assert_eq!(read_models(store).await, [(Part::Live, 34, 3), (Part::Building, 30, 2)]);
    let found: BTreeMap<_, _> = store.query_rows(all("resources")).await.unwrap().into_iter().collect();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["gold", "iron", "wood"]);
    let of_ann = RowQuery { filters: vec![("owner_id".into(), json!("ann"))], ..all("resources") };
    assert_eq!(store.query_rows(of_ann).await.unwrap().len(), 2);
    for part in Part::ALL {
        let model = ReadModel { name: "resources".into(), part };
        assert!(store.failed_events(model).await.unwrap().is_empty());
    }
    let records: Vec<String> = store.records("projection").await.unwrap().into_iter().map(|record| record.name).collect();
    assert_eq!(records, if D::VERSION == 1 { [].as_slice() } else { &["things"] });
}

pub async fn an_old_store_is_read_as_it_is<D: Dump>() {
    let dump = D::load().await;
    is_as_dumped::<D>(&dump.open()).await;
    // Reading has not changed it.
    assert_eq!(dump.open().init().await.unwrap(), Init::Migrated { from: D::VERSION });
}

pub async fn init_brings_it_up_to_date_once<D: Dump>() {
    let dump = D::load().await;
    let store = dump.open();
    // One handle that has seen it before, and one that has not.
    let reader = dump.open();
    is_as_dumped::<D>(&reader).await;
    assert_eq!(store.init().await.unwrap(), Init::Migrated { from: D::VERSION });
    assert_eq!(store.init().await.unwrap(), Init::Found);
    assert_eq!(reader.init().await.unwrap(), Init::Found);
    assert_eq!(dump.open().init().await.unwrap(), Init::Found);
    is_as_dumped::<D>(&reader).await;
    is_as_dumped::<D>(&store).await;
}

pub async fn what_was_there_is_there_afterwards<D: Dump>() {
    let dump = D::load().await;
    dump.open().init().await.unwrap();
    let store = dump.open();
    is_as_dumped::<D>(&store).await;
    let known = store.events_by_id(vec![Uuid::parse_str("018f0000-0000-7000-8000-000000000001").unwrap()]).await.unwrap();
    assert_eq!((known[0].stream.as_str(), known[0].version), ("thing-2", Version(1)));
}

pub async fn every_kind_of_write_brings_it_up_to_date<D: Dump>() {
    for write in 0..7 {
        let dump = D::load().await;
        let store = dump.open();
        assert_eq!(store.head().await.unwrap().position.0, 35);
        match write {
            0 => drop(put(&store, "thing-1", 1).await),
            1 => {
                let snapshot = store.snapshot(stream("resource-gold"), "resource".into(), Version(99)).await.unwrap().unwrap();
                store.put_snapshot(snapshot).await.unwrap();
            }
            2 => assert_eq!(store.delete_snapshots(Vec::new()).await.unwrap(), 0),
            3 => assert!(!store.exchange_read_models("resources").await.unwrap()),
            4 => assert!(store.drop_read_model(ReadModel::building("resources")).await.unwrap()),
            5 => store.put_record(Record::new("a", "a", &json!(1))).await.unwrap(),
            _ => assert!(!store.delete_record("a", "a").await.unwrap()),
        }
        assert_eq!(dump.open().init().await.unwrap(), Init::Found, "write {write}");
        assert_eq!(whole(&dump.open()).await.len(), if write == 0 { 36 } else { 35 });
    }
}

pub async fn events_go_on_behind_those_that_were_there<D: Dump>() {
    let dump = D::load().await;
    let store = dump.open();
    assert_fails!(
        store.append(request("thing-1", exactly(7), events(1))).await,
        StoreError::Conflict { actual: Version(20), .. }
    );
    let known = store.first(ReadQuery::stream(stream("thing-2"))).await.unwrap().unwrap();
    let mut again = request("thing-2", ExpectedVersion::Any, events(1));
    again.events[0].event_id = known.event_id;
    assert_fails!(store.append(again.clone()).await, StoreError::IdConflict { .. });
    again.events[0].event_type = esctl::event::EventType::parse(&known.event_type).unwrap();
    again.events[0].data = JsonObject::parse(&known.data).unwrap();
    again.events[0].metadata = JsonObject::parse(&known.metadata).unwrap();
    again.events[0].schema_version = known.schema_version;
    assert_eq!(store.append(again).await.unwrap().outcome, Outcome::AlreadyApplied);
    let appended = store.append(request("thing-1", exactly(20), events(3))).await.unwrap();
    assert_eq!(appended.events[0].position, Position(36));
    assert_eq!(whole(&store).await.len(), 38);
}

fn clock() -> Clock {
    esctl::runtime::system_clock()
}

async fn amounts(store: &Store) -> Vec<(String, i64)> {
    let queries = QueryBus::new(store.clone(), clock());
    let rows = queries.ask(&Query { name: "resources".into(), limit: 100, ..Query::default() }, clock()()).await.unwrap().rows;
    rows.into_iter().filter(|row| row.key != "gold").map(|row| (row.key, row.row["amount"].as_i64().unwrap())).collect()
}

pub async fn a_read_model_goes_on_and_a_rebuild_that_was_broken_off_is_finished<D: Dump>() {
    let dump = D::load().await;
    let store = dump.open();
    // Values that depend on the time of the question are left out.
    let wanted = [("iron".to_owned(), 1), ("late".to_owned(), 1), ("wood".to_owned(), 10)];
    assert_eq!(amounts(&store).await, wanted);
    assert_eq!(read_models(&store).await, [(Part::Live, 35, 4), (Part::Building, 30, 2)]);
    let resources = esctl::domain::resource::RESOURCES;
    let report = Projector::new(&store, &resources, clock(), BatchSize(10)).rebuild(&mut |_| {}).await.unwrap();
    assert_eq!((report.from, report.position, report.rebuilt), (Position(30), Position(35), true));
    assert_eq!(read_models(&store).await, [(Part::Live, 35, 4), (Part::Previous, 35, 4)]);
    assert_eq!(amounts(&store).await, wanted);
    assert!(store.exchange_read_models("resources").await.unwrap());
    assert_eq!(amounts(&store).await, wanted);
}

pub async fn snapshots_are_trusted_as_before<D: Dump>() {
    let dump = D::load().await;
    dump.open().init().await.unwrap();
    let store = dump.open();
    let listed = store.snapshots(SnapshotQuery { limit: 100, ..SnapshotQuery::default() }).await.unwrap();
    assert_eq!(listed.len(), 2);
    let mut verdicts = VerifySnapshots::open(&store, None).await.unwrap();
    let mut seen = 0;
    while let Some(of_one) = verdicts.next().await.unwrap() {
        assert!(of_one.iter().all(|verdict| verdict.ok == Some(true)), "{of_one:?}");
        seen += of_one.len();
    }
    assert_eq!(seen, 2);
}

pub async fn what_the_new_version_adds_works<D: Dump>() {
    let dump = D::load().await;
    let store = dump.open();
    let record = Record::new("projection", "mine", &json!({ "key": ".id" }));
    store.put_record(record.clone()).await.unwrap();
    assert!(dump.open().records("projection").await.unwrap().contains(&record));
    let live = store.projections().await.unwrap().remove(0);
    let commit = RowsCommit {
        model: live.model,
        logic_version: 1,
        from: live.checkpoint.position,
        commits: Some(live.commits),
        to: live.checkpoint,
        rows: Vec::new(),
        failed_events: FailedEventChanges { put: vec![problem()], solved: Vec::new() },
        now: live.updated_at,
    };
    assert!(store.commit_rows(commit.clone()).await.unwrap());
    assert!(!store.commit_rows(commit).await.unwrap());
    assert_eq!(dump.open().failed_events(ReadModel::live("resources")).await.unwrap(), [problem()]);
}

/// Version 3: events without a kept content hash, snapshots that leave out nothing or what they say, reserved streams.
pub async fn a_program_of_this_version_knows_what_the_columns_mean<D: Dump>() {
    let dump = D::load().await;
    let before = dump.open();
    assert!(whole(&before).await.iter().all(|event| event.kept_content.is_none()));
    let newest =
        async |store: &Store| store.snapshot(stream("resource-gold"), "resource".into(), Version(99)).await.unwrap().unwrap();
    let old = newest(&before).await;
    assert!(old.left_out.is_empty());
    let (left_out, state) = (vec![Uuid::from_u128(7), Uuid::from_u128(8)], old.state.clone());
    let kept = Snapshot { state_hash: state_hash(&state, &left_out), left_out, ..old };
    before.put_snapshot(kept.clone()).await.unwrap();
    assert_eq!(newest(&dump.open()).await, kept);
    assert_eq!(newest(&before).await, kept);
    let mut reserved = request("thing-1", exactly(0), events(1));
    reserved.stream = stream("$quarantine");
    assert_fails!(before.append(reserved.clone()).await, StoreError::Invalid(_));
    let appended = before.append_to_any(vec![reserved]).await.unwrap().remove(0).unwrap();
    assert_eq!(appended.events[0].position, Position(36));
    assert_eq!(whole(&dump.open()).await.pop().unwrap().stream, "$quarantine");
}

fn problem() -> FailedEvent {
    FailedEvent {
        event_id: Uuid::from_u128(7),
        position: Position(34),
        stream: "resource-gold".into(),
        version: Version(6),
        event_type: "resource.added".into(),
        error: "no".into(),
        attempts: 1,
        first_at: Timestamp::MIN,
        last_at: Timestamp::MAX,
        state: FailedEventState::Parked,
    }
}

pub async fn of_many_that_bring_it_up_to_date_at_once_one_does<D: Dump>() {
    for _ in 0..5 {
        let dump = D::load().await;
        let mut tasks = JoinSet::new();
        for number in 0..6_u64 {
            let store = dump.open();
            tasks.spawn(async move {
                match number % 3 {
                    0 => return store.init().await.unwrap() == Init::Migrated { from: D::VERSION },
                    1 => drop(put(&store, "thing-9", number).await),
                    _ => assert_eq!(read_models(&store).await, [(Part::Live, 34, 3), (Part::Building, 30, 2)]),
                }
                false
            });
        }
        let done = tasks.join_all().await.into_iter().filter(|done| *done).count();
        assert!(done <= 1, "{done}");
        assert_eq!(whole(&dump.open()).await.len(), 35 + 1 + 4);
        assert_eq!(dump.open().init().await.unwrap(), Init::Found);
    }
}
