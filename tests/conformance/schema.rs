//! A schema that is not what esctl makes: it is named, it is put back, and until then nothing is written that relies on it.

use esctl::event::ExpectedVersion;
use esctl::event::Position;
use esctl::event::Timestamp;
use esctl::store::Checkpoint;
use esctl::store::FailedEventChanges;
use esctl::store::Outcome;
use esctl::store::ReadModel;
use esctl::store::Record;
use esctl::store::RowsCommit;
use esctl::store::Store;
use esctl::store::StoreError;
use mongodb::bson::Document;
use mongodb::bson::doc;

use crate::assert_fails;
use crate::conformance::kit::Shared;
use crate::conformance::kit::events;
use crate::conformance::kit::put;
use crate::conformance::kit::request;
use crate::conformance::kit::whole;

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
        failed_events: FailedEventChanges::default(),
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
        assert_fails!(store.check_writable().await, StoreError::Schema(_));
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

/// Changes of the schema that can be undone: in SQLite, in PostgreSQL, in MongoDB, and a word of what is said of each.
fn repairable() -> Vec<(&'static str, &'static str, Document, [&'static str; 3])> {
    vec![
        (
            "ALTER TABLE store_head RENAME TO h; \
             CREATE TABLE store_head (one INTEGER PRIMARY KEY, position INTEGER NOT NULL, recorded_at INTEGER NOT NULL, \
             hash BLOB NOT NULL) STRICT; INSERT INTO store_head SELECT * FROM h; DROP TABLE h",
            "ALTER TABLE store_head DROP CONSTRAINT head_one_check",
            drop_index("event_id"),
            ["CHECK (one = 1) on store_head", "CHECK (one = 1) on store_head", "event_id"],
        ),
        (
            "ALTER TABLE records RENAME TO r; \
             CREATE TABLE records (kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT, PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID; \
             INSERT INTO records SELECT * FROM r; DROP TABLE r",
            "ALTER TABLE events ALTER COLUMN data DROP NOT NULL",
            doc! { "collMod": "commits", "index": { "name": "event_id", "hidden": true } },
            ["records.value has lost its constraint NOT NULL", "events.data has lost its constraint NOT NULL", ""],
        ),
        (
            "DROP INDEX events_by_stream; CREATE INDEX events_by_stream ON events (stream, version)",
            "DROP INDEX events_by_stream; CREATE INDEX events_by_stream ON events (stream, version)",
            drop_index("new_stream"),
            ["unique index events_by_stream", "unique index events_by_stream", "new_stream"],
        ),
        (
            "DROP INDEX events_by_id; CREATE UNIQUE INDEX events_by_id ON events (event_id) WHERE position > 5",
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'events_by_id'::regclass",
            drop_index("stream_version"),
            ["unique index events_by_id", "unique index events_by_id", "stream_version"],
        ),
        (
            "PRAGMA writable_schema = on; \
             UPDATE sqlite_schema SET sql = replace(sql, ' DEFAULT ' || char(39) || '[]' || char(39), '') WHERE name = 'snapshots'",
            "ALTER TABLE snapshots ALTER COLUMN left_out DROP DEFAULT",
            drop_index("event_id"),
            ["left_out has lost its default", "left_out has lost its default", "event_id"],
        ),
        (
            "ALTER TABLE records RENAME TO r; CREATE TABLE records (kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, \
             PRIMARY KEY (kind, name)); INSERT INTO records SELECT * FROM r; DROP TABLE r",
            "ALTER TABLE store_head ALTER COLUMN position TYPE int4",
            drop_index("event_id"),
            ["table records has other constraints", "store_head.position is of type integer, not bigint", "event_id"],
        ),
        (
            "ALTER TABLE records RENAME TO r; CREATE TABLE records (kind TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL, \
             value TEXT NOT NULL, PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID; INSERT INTO records SELECT * FROM r; DROP TABLE r",
            "ALTER TABLE events SET UNLOGGED",
            drop_index("event_id"),
            ["primary key records (kind, name)", "no log (UNLOGGED)", "event_id"],
        ),
        (
            "DROP INDEX events_by_id; CREATE UNIQUE INDEX events_by_id ON events (event_id COLLATE NOCASE)",
            "ALTER TABLE records DROP CONSTRAINT records_pkey, ADD PRIMARY KEY (kind, name) DEFERRABLE",
            drop_index("event_id"),
            ["unique index events_by_id", "primary key records (kind, name)", "event_id"],
        ),
        (
            "DROP INDEX events_by_id",
            "DROP FUNCTION append_group",
            drop_index("event_id"),
            ["events_by_id", "function append_group is missing", "event_id"],
        ),
    ]
}

fn word_for<S: Meddled>(words: [&'static str; 3]) -> &'static str {
    let backend = std::any::type_name::<S>();
    words[if backend.contains("Sqlite") { 0 } else { 1 + usize::from(backend.contains("Mongo")) }]
}

pub async fn each_other_rule_that_is_lost_is_named_refused_and_put_back<S: Meddled>(_: S) {
    for (sqlite, postgres, mongodb, words) in repairable() {
        let subject = S::fresh();
        put(&subject.open(), "thing-1", 2).await;
        subject.meddle(sqlite, postgres, mongodb);
        let store = subject.open();
        let (said, word) = (messages(&store).await, word_for::<S>(words));
        assert!(said.contains(word), "{word}: {said}");
        if !word.is_empty() && !word.contains("default") {
            assert_fails!(store.append(request("thing-1", ExpectedVersion::Any, events(1))).await, StoreError::Schema(_));
        }
        let put_back = store.repair_schema().await.unwrap().join("; ");
        assert!(put_back.contains(word), "{word}: {put_back}");
        assert_eq!(messages(&subject.open()).await, "", "{word}");
        put(&subject.open(), "thing-1", 1).await;
        assert_eq!(whole(&subject.open()).await.len(), 3);
    }
}

pub async fn what_others_have_added_is_named_and_not_removed<S: Meddled>(_: S) {
    let capped = || doc! { "create": "esctl_records", "capped": true, "size": 4096 };
    let collation = |name: &str| doc! { "create": name, "collation": { "locale": "en", "strength": 1 } };
    for (sqlite, postgres, mongodb, words) in [
        (
            "CREATE TRIGGER drops BEFORE INSERT ON events WHEN new.version > 2 BEGIN SELECT RAISE(IGNORE); END",
            "CREATE FUNCTION drops() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
             CREATE TRIGGER drops BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION drops()",
            capped(),
            ["the trigger drops", "the trigger drops", "esctl_records is capped"],
        ),
        (
            "CREATE TRIGGER drops INSERT ON events BEGIN SELECT RAISE(IGNORE); END",
            "CREATE RULE drops AS ON INSERT TO events DO INSTEAD NOTHING",
            collation("esctl_records"),
            ["the trigger drops", "the rule drops", "esctl_records has a collation"],
        ),
        (
            "CREATE TRIGGER drops BEFORE UPDATE ON store_head BEGIN SELECT RAISE(IGNORE); END",
            "ALTER TABLE events ENABLE ROW LEVEL SECURITY",
            collation("projections"),
            ["the trigger drops", "row security", "projections has a collation"],
        ),
    ] {
        let subject = S::fresh();
        put(&subject.open(), "thing-1", 2).await;
        subject.meddle(sqlite, postgres, mongodb);
        let store = subject.open();
        let (said, word) = (messages(&store).await, word_for::<S>(words));
        assert!(said.contains(word), "{word}: {said}");
        assert_fails!(store.append(request("thing-1", ExpectedVersion::Any, events(1))).await, StoreError::Schema(_));
        let refused = store.repair_schema().await.unwrap_err();
        let reason = refused.to_string();
        assert!(reason.contains("remove it first") || reason.contains("cannot restore lost data"), "{reason}");
    }
}

pub async fn a_missing_view_is_named_and_does_not_prevent_writes<S: Meddled>(subject: S) {
    put(&subject.open(), "thing-1", 2).await;
    subject.meddle("DROP VIEW log", "DROP VIEW log", doc! { "drop": "events" });
    let store = subject.open();
    let said = messages(&store).await;
    assert!(said.contains("view log is missing") || said.contains("view events is missing"), "{said}");
    store.check_writable().await.unwrap();
    put(&store, "thing-1", 1).await;
    assert_eq!(store.repair_schema().await.unwrap().len(), 1);
    assert_eq!(messages(&store).await, "");
}
