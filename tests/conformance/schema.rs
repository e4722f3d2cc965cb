//! A schema that is not what esctl makes: it is named, it is put back, and until then nothing is written that relies on it.

use esctl::event::ExpectedVersion;
use esctl::event::Position;
use esctl::event::Timestamp;
use esctl::store::Checkpoint;
use esctl::store::Outcome;
use esctl::store::ProblemChanges;
use esctl::store::ReadModel;
use esctl::store::Record;
use esctl::store::RowsCommit;
use esctl::store::Store;
use esctl::store::StoreError;
use mongodb::bson::Document;
use mongodb::bson::doc;

use crate::assert_fails;
use crate::kit::Shared;
use crate::kit::events;
use crate::kit::put;
use crate::kit::request;
use crate::kit::whole;

/// A subject whose database can be changed behind the program's back.
pub trait Meddled: Shared {
    /// Runs statements: in SQLite, in PostgreSQL, or a command in MongoDB.
    fn meddle(&self, sqlite: &str, postgres: &str, mongodb: Document);
    /// Leaves what a tool copies that copies rows only.
    fn copy_without_indexes(&self);
}

/// The unique indexes and keys: how each is removed in SQLite and PostgreSQL, and in MongoDB.
const UNIQUE: [(&str, &str, &str, &str); 3] = [
    ("events_by_id", "DROP INDEX events_by_id", "DROP INDEX events_by_id", "event_id"),
    ("events_by_stream", "DROP INDEX events_by_stream", "DROP INDEX events_by_stream", "stream_version"),
    (
        "position",
        "DROP VIEW log; CREATE TABLE e AS SELECT * FROM events; DROP TABLE events; ALTER TABLE e RENAME TO events; \
         CREATE UNIQUE INDEX events_by_id ON events (event_id); CREATE UNIQUE INDEX events_by_stream ON events (stream, version)",
        "ALTER TABLE events DROP CONSTRAINT events_pkey",
        "new_stream",
    ),
];

fn drop_index(name: &str) -> Document {
    doc! { "dropIndexes": "commits", "index": name }
}

async fn messages(store: &Store) -> String {
    store.schema_faults().await.unwrap().into_iter().map(|fault| fault.message).collect::<Vec<_>>().join("\n")
}

pub async fn a_store_as_it_is_made_has_no_faults<S: Meddled>(subject: S) {
    let store = subject.open();
    store.init().await.unwrap();
    assert_eq!(messages(&store).await, "");
    put(&store, "thing-1", 3).await;
    let commit = RowsCommit {
        model: ReadModel::live("things"),
        logic_version: 1,
        from: Position::ZERO,
        commits: None,
        to: Checkpoint::default(),
        rows: vec![("a".into(), "{}".into())],
        problems: ProblemChanges::default(),
        now: Timestamp::from_micros(1).unwrap(),
    };
    assert!(store.commit_rows(commit).await.unwrap());
    assert_eq!(messages(&subject.open()).await, "");
    assert_eq!(subject.open().repair_schema().await.unwrap(), Vec::<String>::new());
}

pub async fn without_a_unique_index_nothing_is_written_until_it_is_put_back<S: Meddled>(subject: S) {
    for (number, (name, sqlite, postgres, mongodb)) in UNIQUE.into_iter().enumerate() {
        let subject = if number == 0 { &subject } else { &S::fresh() };
        let batch = request("thing-1", ExpectedVersion::Any, events(2));
        subject.open().append(batch.clone()).await.unwrap();
        subject.meddle(sqlite, postgres, drop_index(mongodb));

        let store = subject.open();
        let said = messages(&store).await;
        assert!(said.contains(name) || said.contains(mongodb), "{said}");
        for _ in 0..2 {
            assert_fails!(store.append(batch.clone()).await, StoreError::Schema(_));
        }
        let record = Record { kind: "kind".into(), name: "name".into(), value: "{}".into() };
        assert_fails!(store.put_record(record).await, StoreError::Schema(_));
        assert_fails!(store.must_take_writes().await, StoreError::Schema(_));
        assert_eq!(whole(&store).await.len(), 2);

        let put_back = store.repair_schema().await.unwrap().join("\n");
        assert!(put_back.contains(name) || put_back.contains(mongodb), "{put_back}");
        assert_eq!(messages(&store).await, "");
        assert_eq!(store.append(batch.clone()).await.unwrap().outcome, Outcome::AlreadyApplied);
        put(&store, "thing-1", 1).await;
        assert_eq!(subject.open().append(batch).await.unwrap().outcome, Outcome::AlreadyApplied);
        assert_eq!(whole(&subject.open()).await.len(), 3);
    }
}

pub async fn what_prevents_an_index_from_being_put_back_is_named<S: Meddled>(subject: S) {
    put(&subject.open(), "thing-1", 2).await;
    let id = "00000000-0000-7000-8000-0000000000aa";
    let hex = id.replace('-', "");
    subject.meddle(
        &format!("DROP INDEX events_by_id; UPDATE events SET event_id = x'{hex}'"),
        &format!("DROP INDEX events_by_id; UPDATE events SET event_id = '{id}'"),
        drop_index("event_id"),
    );
    // In MongoDB an index of an array does not compare the events of one commit.
    put_twice(&subject, id).await;
    let store = subject.open();
    let refused = store.repair_schema().await.unwrap_err();
    assert!(matches!(&refused, StoreError::Schema(message) if message.contains("aa")), "{refused:?}");
    let said = messages(&store).await;
    assert!(said.contains("event_id"), "{said}");
    assert_fails!(store.append(request("thing-1", ExpectedVersion::Any, events(1))).await, StoreError::Schema(_));
}

/// Two commits with the same event id, in a database that has commits.
async fn put_twice<S: Meddled>(subject: &S, id: &str) {
    let id = mongodb::bson::Uuid::parse_str(id).unwrap();
    let commit = |place: i64| doc! { "_id": place, "stream": "thing-1", "first_version": place, "events": [{ "id": id }] };
    let nothing = "SELECT 1";
    subject.meddle(nothing, nothing, doc! { "insert": "commits", "documents": [commit(100), commit(101)] });
}

pub async fn a_copy_without_indexes_is_put_right<S: Meddled>(subject: S) {
    let store = subject.open();
    let batch = request("thing-1", ExpectedVersion::Any, events(2));
    store.append(batch.clone()).await.unwrap();
    put(&store, "other-1", 3).await;
    let record = Record { kind: "kind".into(), name: "name".into(), value: "{}".into() };
    store.put_record(record).await.unwrap();
    drop(store);
    subject.copy_without_indexes();

    let store = subject.open();
    let said = messages(&store).await;
    assert!(said.contains("events_by_id") || said.contains("event_id"), "{said}");
    assert_fails!(store.append(batch.clone()).await, StoreError::Schema(_));
    assert!(!store.repair_schema().await.unwrap().is_empty());
    assert_eq!(messages(&store).await, "");
    assert_eq!(store.repair_schema().await.unwrap(), Vec::<String>::new());
    assert_eq!(store.append(batch.clone()).await.unwrap().outcome, Outcome::AlreadyApplied);
    put(&store, "thing-1", 1).await;
    assert_eq!(store.append(batch).await.unwrap().outcome, Outcome::AlreadyApplied);
    assert_eq!(whole(&subject.open()).await.len(), 6);
    assert_eq!(store.records("kind").await.unwrap().len(), 1);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

pub async fn a_view_that_is_missing_is_named_and_keeps_nobody_from_writing<S: Meddled>(subject: S) {
    put(&subject.open(), "thing-1", 2).await;
    subject.meddle("DROP VIEW log", "DROP VIEW log", doc! { "drop": "events" });
    let store = subject.open();
    let said = messages(&store).await;
    assert!(said.contains("view log is missing") || said.contains("view events is missing"), "{said}");
    store.must_take_writes().await.unwrap();
    put(&store, "thing-1", 1).await;
    assert_eq!(store.repair_schema().await.unwrap().len(), 1);
    assert_eq!(messages(&store).await, "");
}
