//! A store that does not exist yet: reading says so and makes nothing; the first write makes the store.

use esctl::event::Timestamp;
use esctl::event::Version;
use esctl::store::Init;
use esctl::store::ReadModel;
use esctl::store::ReadQuery;
use esctl::store::RowQuery;
use esctl::store::SnapshotQuery;
use esctl::store::Store;
use esctl::store::StoreError;
use esctl::store::StreamQuery;

use crate::assert_fails;
use crate::conformance::kit::Shared;
use crate::conformance::kit::Subject;
use crate::conformance::kit::put;
use crate::conformance::kit::stream;
use crate::conformance::kit::whole;

async fn every_reading_finds_no_store(store: &Store) {
    let model = ReadModel::live("things");
    assert_fails!(store.head().await, StoreError::NoStore(_));
    assert_fails!(store.scan(ReadQuery::all()).next().await, StoreError::NoStore(_));
    assert_fails!(store.scan(ReadQuery::stream(stream("a-1")).backwards()).next().await, StoreError::NoStore(_));
    assert_fails!(store.first(ReadQuery::all()).await, StoreError::NoStore(_));
    assert_fails!(store.position_at(Timestamp::MAX).await, StoreError::NoStore(_));
    assert_fails!(store.events_by_id(vec![uuid::Uuid::now_v7()]).await, StoreError::NoStore(_));
    assert_fails!(store.stream_version(stream("a-1")).await, StoreError::NoStore(_));
    assert_fails!(store.streams(StreamQuery::default()).await, StoreError::NoStore(_));
    assert_fails!(store.size_bytes().await, StoreError::NoStore(_));
    assert_fails!(store.check().await, StoreError::NoStore(_));
    assert_fails!(store.snapshot(stream("a-1"), "r".into(), Version(1)).await, StoreError::NoStore(_));
    assert_fails!(store.snapshots(SnapshotQuery::default()).await, StoreError::NoStore(_));
    assert_fails!(store.projections().await, StoreError::NoStore(_));
    assert_fails!(store.rows(model.clone(), vec!["k".into()]).await, StoreError::NoStore(_));
    assert_fails!(store.query_rows(RowQuery { name: "things".into(), ..RowQuery::default() }).await, StoreError::NoStore(_));
    assert_fails!(store.count_rows(model).await, StoreError::NoStore(_));
}

pub async fn a_handle_that_found_no_store_finds_it_once_another_one_has_made_it<S: Shared>(subject: S) {
    let (reader, writer) = (subject.open(), subject.open());
    every_reading_finds_no_store(&reader).await;
    put(&writer, "thing-1", 3).await;
    assert_eq!(whole(&reader).await.len(), 3);
    put(&reader, "thing-1", 1).await;
    assert_eq!(whole(&writer).await.len(), 4);
}

pub async fn a_new_store_is_empty_and_whole<S: Subject>(subject: S) {
    let store = subject.store();
    assert_eq!(store.init().await.unwrap(), Init::Made);
    assert!(whole(&store).await.is_empty());
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    assert!(store.projections().await.unwrap().is_empty());
    assert!(store.size_bytes().await.unwrap() > 0);
    assert_fails!(
        store
            .append(crate::conformance::kit::request(
                "a-1",
                crate::conformance::kit::exactly(1),
                crate::conformance::kit::events(1)
            ))
            .await,
        StoreError::Conflict { .. }
    );
}

pub async fn reading_answers_no_store_and_makes_nothing<S: Subject>(subject: S) {
    let store = subject.store();
    every_reading_finds_no_store(&store).await;
    every_reading_finds_no_store(&store).await;
    put(&store, "thing-1", 2).await;
    assert_eq!(whole(&store).await.len(), 2);
}

pub async fn init_makes_the_store_once<S: Subject>(subject: S) {
    let store = subject.store();
    assert_eq!(store.init().await.unwrap(), Init::Made);
    assert_eq!(store.init().await.unwrap(), Init::Found);
    put(&store, "thing-1", 1).await;
    assert_eq!(store.init().await.unwrap(), Init::Found);
    assert_eq!(whole(&store).await.len(), 1);
}

pub async fn of_many_that_init_at_once_one_makes_the_store_and_readers_see_none_or_a_whole_one<S: Shared>(_: S) {
    for _ in 0..20 {
        let subject = S::fresh();
        let handles: Vec<Store> = (0..6).map(|_| subject.open()).collect();
        let mut tasks = tokio::task::JoinSet::new();
        for (number, store) in handles.into_iter().enumerate() {
            tasks.spawn(async move {
                if number % 2 == 0 {
                    return store.init().await.unwrap() == Init::Made;
                }
                loop {
                    match store.head().await {
                        Ok(head) => break assert_eq!(head.position.0, 0),
                        Err(StoreError::NoStore(_)) => tokio::task::yield_now().await,
                        Err(other) => panic!("{other:?}"),
                    }
                }
                false
            });
        }
        assert_eq!(tasks.join_all().await.into_iter().filter(|made| *made).count(), 1);
    }
}
