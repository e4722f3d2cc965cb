//! Through the library: however a state is come by, it is the same state.

use std::time::Duration;

use esctl::event::EventType;
use esctl::event::ExpectedVersion;
use esctl::event::NewEvent;
use esctl::event::StreamName;
use esctl::event::Timestamp;
use esctl::event::Version;
use esctl::ops::Reducer;
use esctl::ops::replay::PointInTime;
use esctl::ops::replay::Replay;
use esctl::ops::replay::ReplayReport;
use esctl::ops::replay::ReplaySteps;
use esctl::ops::replay::replay;
use esctl::ops::replay::replay_and_verify;
use esctl::ops::snapshots::TakeSnapshot;
use esctl::ops::snapshots::take;
use esctl::store;
use esctl::store::AppendRequest;
use esctl::store::RecordTime;
use esctl::store::Store;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::common::backend::Backend;
use crate::common::backend::Place;
use crate::common::backend::run;

crate::on_every_backend! {
    snapshot_and_tail_full_replay_and_step_by_step_agree
}

/// Data that makes `merge` add, replace and remove.
fn data() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(Value::Null), any::<i32>().prop_map(Value::from), "[a-c~/]{0,3}".prop_map(Value::from)];
    let object = prop::collection::btree_map("[a-c/~]", leaf, 0..3);
    prop::collection::btree_map("[a-d]", object, 0..3).prop_map(|map| json!(map))
}

async fn append(store: &Store, stream: &StreamName, data: &[Value]) {
    let kinds = ["t.one", "t.two"].map(|name| EventType::parse(name).unwrap());
    let event = |(index, data): (usize, &Value)| NewEvent::new(kinds[index % 2].clone(), data).unwrap();
    let events = data.iter().enumerate().map(event).collect();
    let request = AppendRequest { stream: stream.clone(), expected: ExpectedVersion::Any, events, time: RecordTime::StoreClock };
    store.append(request).await.unwrap();
}

async fn at(store: &Store, stream: &StreamName, reducer: &str, version: u64, snapshots: bool) -> ReplayReport {
    let input = Replay {
        stream: stream.clone(),
        until: PointInTime::Version(Version(version)),
        diff: None,
        reducer: Reducer::named(reducer).unwrap(),
        snapshots,
        now: Timestamp::MIN,
    };
    replay(store, &input).await.unwrap()
}

async fn hold(store: &Store, first: Vec<Value>, second: Vec<Value>, reducer: &str) {
    let stream = StreamName::parse(&format!("thing-{}", Uuid::new_v4())).unwrap();
    append(store, &stream, &first).await;
    let named = Reducer::named(reducer).unwrap();
    let kept = TakeSnapshot { reducer: named.clone(), min_events: 1, now: Timestamp::MIN };
    assert_eq!(take(store, &stream, &kept).await.unwrap().version.0, first.len() as u64);
    append(store, &stream, &second).await;

    let input = Replay {
        stream: stream.clone(),
        until: PointInTime::Head,
        diff: None,
        reducer: named,
        snapshots: true,
        now: Timestamp::MIN,
    };
    let mut trace = ReplaySteps::open(store, &input).await.unwrap();
    let mut state = Value::Null;
    while let Some(entry) = trace.next().await.unwrap() {
        json_patch::patch(&mut state, &entry.patch).unwrap();
        assert_eq!(state, entry.state);
        let full = at(store, &stream, reducer, entry.version.0, false).await;
        let from_snapshot = at(store, &stream, reducer, entry.version.0, true).await;
        assert_eq!(full.state, entry.state);
        assert_eq!(from_snapshot.state, entry.state);
        assert_eq!(from_snapshot.snapshot_version.is_some(), entry.version.0 >= first.len() as u64);
    }
    let verified = replay_and_verify(store, &input).await.unwrap().verify.unwrap();
    assert!(verified.ok && verified.snapshots_compared == 1);
}

fn snapshot_and_tail_full_replay_and_step_by_step_agree(on: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::fresh(on, folder.path(), "store");
    let store = store::open(&place.url.parse().unwrap(), Duration::from_secs(30)).unwrap();
    let some = || prop::collection::vec(data(), 1..8);
    let reducer = prop::sample::select(vec!["merge", "last", "count"]);
    let mut runner = TestRunner::new(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() });
    let agrees = |(first, second, reducer): (Vec<Value>, Vec<Value>, &str)| {
        run(hold(&store, first, second, reducer));
        Ok(())
    };
    runner.run(&(some(), some(), reducer), agrees).unwrap();
}
