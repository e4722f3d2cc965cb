//! A store that is replaced under a handle by another one, or by itself as it was before: the handle notices it, and nothing
//! is acknowledged that the store does not have.

use esctl::event::ExpectedVersion;
use esctl::event::Position;
use esctl::event::Timestamp;
use esctl::event::Version;
use esctl::store::Checkpoint;
use esctl::store::FailedEventChanges;
use esctl::store::ReadModel;
use esctl::store::ReadQuery;
use esctl::store::Record;
use esctl::store::RowsCommit;
use esctl::store::Store;
use esctl::store::StoreError;

use crate::assert_fails;
use crate::conformance::kit::Shared;
use crate::conformance::kit::events;
use crate::conformance::kit::exactly;
use crate::conformance::kit::put;
use crate::conformance::kit::read;
use crate::conformance::kit::request;
use crate::conformance::kit::stream;
use crate::conformance::kit::try_read;
use crate::conformance::kit::whole;

/// A subject whose store can be replaced behind the program's back.
pub trait Replaceable: Shared {
    /// Removes the events after a position, as a restored backup of that time lacks them.
    fn put_back(&self, to: u64);
    /// Removes the store with everything in it.
    fn remove(&self);
}

async fn append_fails(store: &Store, expected: ExpectedVersion) {
    assert_fails!(store.append(request("thing-1", expected, events(1))).await, StoreError::Replaced(_));
}

async fn every_use_fails(store: &Store) {
    for _ in 0..2 {
        append_fails(store, ExpectedVersion::Any).await;
        assert_fails!(store.head().await, StoreError::Replaced(_));
        assert_fails!(try_read(store.scan(ReadQuery::all())).await, StoreError::Replaced(_));
        assert_fails!(store.stream_version(stream("thing-1")).await, StoreError::Replaced(_));
    }
}

pub async fn an_append_into_a_store_that_was_put_back_is_refused<S: Replaceable>(subject: S) {
    for expected in [ExpectedVersion::Any, exactly(5), exactly(3)] {
        let subject = if expected == ExpectedVersion::Any { &subject } else { &S::fresh() };
        let store = subject.open();
        put(&store, "thing-1", 3).await;
        put(&store, "thing-1", 2).await;
        subject.put_back(3);
        append_fails(&store, expected).await;
        every_use_fails(&store).await;
        // A new handle finds it complete and goes on with it.
        let other = subject.open();
        assert_eq!(whole(&other).await.len(), 3);
        put(&other, "thing-1", 1).await;
        assert_eq!(whole(&other).await.len(), 4);
        every_use_fails(&store).await;
    }
}

pub async fn a_store_that_was_put_back_and_has_gone_on_is_another_one<S: Replaceable>(subject: S) {
    for others in 1..4 {
        let subject = if others == 1 { &subject } else { &S::fresh() };
        let store = subject.open();
        put(&store, "thing-1", 3).await;
        for _ in 0..2 {
            put(&store, "thing-1", 1).await;
        }
        subject.put_back(3);
        let other = subject.open();
        put(&other, "thing-1", others).await;
        append_fails(&store, ExpectedVersion::Any).await;
        append_fails(&store, exactly(5)).await;
        every_use_fails(&store).await;
        assert_eq!(whole(&subject.open()).await.len() as u64, 3 + others);
    }
}

pub async fn what_was_only_read_is_missed_as_well<S: Replaceable>(subject: S) {
    for by_stream in [false, true] {
        let subject = if by_stream { &S::fresh() } else { &subject };
        let (writer, reader) = (subject.open(), subject.open());
        put(&writer, "thing-1", 3).await;
        put(&writer, "thing-1", 2).await;
        let query = if by_stream { ReadQuery::stream(stream("thing-1")) } else { ReadQuery::all() };
        assert_eq!(read(&reader, query).await.len(), 5);
        subject.put_back(3);
        append_fails(&reader, ExpectedVersion::Any).await;
        assert_eq!(whole(&subject.open()).await.len(), 3);
    }
}

pub async fn writes_beside_the_events_are_refused_as_well<S: Replaceable>(subject: S) {
    let store = subject.open();
    put(&store, "thing-1", 3).await;
    put(&store, "thing-1", 2).await;
    subject.put_back(3);
    let commit = RowsCommit {
        model: ReadModel::live("things"),
        logic_version: 1,
        from: Position::ZERO,
        commits: None,
        to: Checkpoint::default(),
        rows: vec![("a".into(), "{}".into())],
        failed_events: FailedEventChanges::default(),
        now: Timestamp::from_micros(1).unwrap(),
    };
    assert_fails!(store.commit_rows(commit).await, StoreError::Replaced(_));
    let record = Record { kind: "kind".into(), name: "name".into(), value: "{}".into() };
    assert_fails!(store.put_record(record).await, StoreError::Replaced(_));
    assert_fails!(store.delete_record("kind", "name").await, StoreError::Replaced(_));
    assert_fails!(store.drop_read_model(ReadModel::live("things")).await, StoreError::Replaced(_));
    assert_fails!(store.init().await, StoreError::Replaced(_));
    let other = subject.open();
    assert_eq!((other.projections().await.unwrap().len(), other.records("kind").await.unwrap().len()), (0, 0));
}

pub async fn a_store_that_was_removed_and_made_again_is_another_one<S: Replaceable>(subject: S) {
    let store = subject.open();
    put(&store, "thing-1", 3).await;
    put(&store, "thing-1", 1).await;
    subject.remove();
    append_fails(&store, ExpectedVersion::Any).await;
    every_use_fails(&store).await;
    assert_fails!(store.init().await, StoreError::Replaced(_));
    // Nothing was made in its place.
    let other = subject.open();
    assert_fails!(other.head().await, StoreError::NoStore(_));
    for _ in 0..6 {
        put(&other, "thing-1", 1).await;
        every_use_fails(&store).await;
    }
    assert_eq!(whole(&subject.open()).await.len(), 6);
}

pub async fn a_store_without_events_that_was_removed_is_made_whole_or_refused<S: Replaceable>(subject: S) {
    let store = subject.open();
    store.init().await.unwrap();
    assert_eq!(store.stream_version(stream("thing-1")).await.unwrap(), Version::ZERO);
    subject.remove();
    let batch = request("thing-1", ExpectedVersion::Any, events(1));
    match store.append(batch.clone()).await {
        Ok(_) => {
            let again = store.append(batch).await.unwrap();
            assert_eq!(again.outcome, esctl::store::Outcome::AlreadyApplied);
            assert_eq!(whole(&subject.open()).await.len(), 1);
        }
        Err(StoreError::Replaced(_)) => assert_fails!(subject.open().head().await, StoreError::NoStore(_)),
        Err(other) => panic!("{other:?}"),
    }
}
