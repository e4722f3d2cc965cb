//! A snapshot is found by its stream, reducer and version, comes back as it was, and is deleted alone.

use esctl::event::Hash;
use esctl::event::Timestamp;
use esctl::event::Version;
use esctl::store::Snapshot;
use esctl::store::SnapshotInfo;
use esctl::store::SnapshotQuery;
use esctl::store::Store;
use esctl::store::state_hash;
use uuid::Uuid;

use crate::conformance::kit::Subject;
use crate::conformance::kit::put;
use crate::conformance::kit::stream;
use crate::conformance::kit::whole;

fn snapshot(name: &str, reducer: &str, version: u64) -> Snapshot {
    let state = format!("{{\"version\":{version},\"text\":\"é'\\\"\\u0001😀\"}}");
    // Those of version 10 leave two events out.
    let left_out: Vec<Uuid> = [7, 1 << 100].into_iter().filter(|_| version == 10).map(Uuid::from_u128).collect();
    Snapshot {
        stream: stream(name),
        version: Version(version),
        event_hash: Hash([version as u8; 32]),
        reducer: reducer.to_owned(),
        reducer_version: 3,
        taken_at: Timestamp::from_micros(1_700_000_000_000_001).unwrap(),
        state_hash: state_hash(&state, &left_out),
        left_out,
        state,
    }
}

async fn filled(store: &Store) -> Vec<Snapshot> {
    let mut all = Vec::new();
    for name in ["thing-1", "thing-10", "thing-2"] {
        for reducer in ["a", "b"] {
            for version in [2, 10, 100] {
                all.push(snapshot(name, reducer, version));
            }
        }
    }
    // In another order than they are listed in.
    for one in all.iter().rev() {
        store.put_snapshot(one.clone()).await.unwrap();
    }
    all
}

async fn list(store: &Store, query: SnapshotQuery) -> Vec<SnapshotInfo> {
    store.snapshots(query).await.unwrap()
}

fn info(of: &Snapshot) -> SnapshotInfo {
    SnapshotInfo {
        stream: of.stream.clone(),
        version: of.version,
        reducer: of.reducer.clone(),
        reducer_version: of.reducer_version,
        taken_at: of.taken_at,
        bytes: of.state.len() as u64,
    }
}

pub async fn the_newest_at_or_below_a_version_comes_back_as_it_was<S: Subject>(subject: S) {
    let store = subject.store();
    filled(&store).await;
    for (at_most, found) in
        [(0, None), (1, None), (2, Some(2)), (9, Some(2)), (10, Some(10)), (99, Some(10)), (u64::MAX, Some(100))]
    {
        for (name, reducer) in [("thing-1", "a"), ("thing-10", "b")] {
            let got = store.snapshot(stream(name), reducer.into(), Version(at_most)).await.unwrap();
            assert_eq!(got, found.map(|version| snapshot(name, reducer, version)), "{at_most}");
        }
    }
    assert_eq!(store.snapshot(stream("thing-1"), "c".into(), Version(100)).await.unwrap(), None);
    assert_eq!(store.snapshot(stream("thing-3"), "a".into(), Version(100)).await.unwrap(), None);
}

pub async fn one_of_the_same_version_is_replaced<S: Subject>(subject: S) {
    let store = subject.store();
    store.put_snapshot(snapshot("thing-1", "a", 10)).await.unwrap();
    let other = Snapshot {
        state: "{}".into(),
        state_hash: state_hash("{}", &[]),
        left_out: Vec::new(),
        reducer_version: 4,
        ..snapshot("thing-1", "a", 10)
    };
    store.put_snapshot(other.clone()).await.unwrap();
    assert_eq!(store.snapshot(stream("thing-1"), "a".into(), Version(10)).await.unwrap(), Some(other.clone()));
    assert_eq!(list(&store, SnapshotQuery { limit: 10, ..SnapshotQuery::default() }).await, [info(&other)]);
}

pub async fn the_list_is_in_order_and_in_pages<S: Subject>(subject: S) {
    let store = subject.store();
    let all: Vec<SnapshotInfo> = filled(&store).await.iter().map(info).collect();
    for limit in [1, 2, 5, 17, 18, 1000, usize::MAX] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = list(&store, SnapshotQuery { stream: None, after: after.take(), limit }).await;
            let Some(last) = page.last() else { break };
            assert!(page.len() <= limit);
            after = Some((last.stream.as_str().to_owned(), last.reducer.clone(), last.version));
            found.extend(page);
        }
        assert_eq!(found, all, "{limit}");
    }
    let of_one = list(&store, SnapshotQuery { stream: Some(stream("thing-1")), after: None, limit: 100 }).await;
    assert_eq!(of_one, all[..6]);
    assert!(list(&store, SnapshotQuery { limit: 0, ..SnapshotQuery::default() }).await.is_empty());
}

pub async fn deleting_takes_exactly_those_named_and_no_event<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 3).await;
    let all: Vec<SnapshotInfo> = filled(&store).await.iter().map(info).collect();
    let unknown = info(&snapshot("thing-1", "a", 50));
    let named = vec![all[0].clone(), all[7].clone(), unknown];
    assert_eq!(store.delete_snapshots(named.clone()).await.unwrap(), 2);
    assert_eq!(store.delete_snapshots(named).await.unwrap(), 0);
    let left = list(&store, SnapshotQuery { limit: 100, ..SnapshotQuery::default() }).await;
    let wanted: Vec<_> =
        all.iter().enumerate().filter(|(index, _)| ![0, 7].contains(index)).map(|(_, info)| info.clone()).collect();
    assert_eq!(left, wanted);
    assert_eq!(whole(&store).await.len(), 3);
}
