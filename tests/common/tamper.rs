//! Changes in a store behind the program's back, named once and done in the language of each database.

use std::path::Path;

use mongodb::Database;
use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::doc;
use serde_json::Value;
use serde_json::json;
use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::PgConnection;

/// A change of what is kept beside the events.
#[derive(Debug)]
pub enum Change {
    /// A field of a row of the read model `resources`, or of another one where the key is `NAME/KEY`.
    Row(&'static str, &'static str, Value),
    /// No such row any more.
    NoRow(&'static str),
    /// A second row with what the first holds.
    CopiedRow(&'static str, &'static str),
    /// The id of the event of the checkpoint.
    Checkpoint,
    /// The version of the logic that made the rows.
    Logic(u32),
    /// The name of a stream.
    Stream(&'static str, &'static str),
    /// A snapshot's state, by a field.
    State(u64, &'static str, Value),
    /// A snapshot's state, which is none any more.
    NoState(u64),
    /// The hash of the event of a snapshot.
    EventHash(u64),
    /// The hashes of a snapshot, to what are none.
    NoHashes(u64),
    /// A snapshot's version, to another.
    Version(u64, u64),
    /// The version of the reducer that made a snapshot.
    ReducerVersion(u64, u64),
    /// The reducer that made a snapshot.
    Reducer(u64, &'static str),
}

use Change::Checkpoint;
use Change::CopiedRow;
use Change::EventHash;
use Change::Logic;
use Change::NoHashes;
use Change::NoRow;
use Change::NoState;
use Change::Reducer;
use Change::ReducerVersion;
use Change::Row;
use Change::State;
use Change::Stream;
use Change::Version;

impl Change {
    /// In a store in a file; how many records were changed.
    pub fn in_sqlite(&self, path: &Path) -> u64 {
        let sql = match self {
            Row(key, field, value) => {
                let (model, key) = of_model(key);
                format!("UPDATE rm_{model} SET row = json_set(row, '$.{field}', json('{value}')) WHERE key = '{key}'")
            }
            State(version, field, value) => {
                format!("UPDATE snapshots SET state = json_set(state, '$.{field}', json('{value}')) WHERE version = {version}")
            }
            NoState(version) => format!("UPDATE snapshots SET state = 'no json' WHERE version = {version}"),
            EventHash(version) => format!("UPDATE snapshots SET event_hash = zeroblob(32) WHERE version = {version}"),
            NoHashes(version) => format!(
                "UPDATE snapshots SET event_hash = x'00', state_hash = x'', reducer_version = -1 WHERE version = {version}"
            ),
            Checkpoint => "UPDATE read_models SET event_id = randomblob(16)".to_owned(),
            Stream(name, to) => format!("UPDATE streams SET name = '{to}' WHERE name = '{name}'"),
            other => other.plain_sql(),
        };
        rusqlite::Connection::open(path).unwrap().execute(&sql, []).unwrap() as u64
    }

    /// In a store in a schema; how many records were changed.
    pub async fn in_postgres(&self, server: &str, schema: &str) -> u64 {
        let sql = match self {
            Row(key, field, value) => {
                let (model, key) = of_model(key);
                format!("UPDATE rm_{model} SET row = jsonb_set(row::jsonb, '{{{field}}}', '{value}')::json WHERE key = '{key}'")
            }
            State(version, field, value) => format!(
                "UPDATE snapshots SET state = jsonb_set(state::jsonb, '{{{field}}}', '{value}')::json WHERE version = {version}"
            ),
            // A column of JSON takes nothing else.
            NoState(version) => format!("UPDATE snapshots SET state = '\"no object\"' WHERE version = {version}"),
            EventHash(version) => {
                format!("UPDATE snapshots SET event_hash = decode(repeat('00', 32), 'hex') WHERE version = {version}")
            }
            NoHashes(version) => {
                format!(
                    "UPDATE snapshots SET event_hash = '', state_hash = '\\x00', reducer_version = -1 WHERE version = {version}"
                )
            }
            Checkpoint => "UPDATE read_models SET event_id = gen_random_uuid()".to_owned(),
            Stream(name, to) => format!("UPDATE events SET stream = '{to}' WHERE stream = '{name}'"),
            other => other.plain_sql(),
        };
        let mut connection = PgConnection::connect(server).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!("SET search_path = {schema}"))).execute(&mut connection).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap().rows_affected()
    }

    /// Returns the statement that every SQL database has.
    fn plain_sql(&self) -> String {
        match self {
            NoRow(key) => {
                let (model, key) = of_model(key);
                format!("DELETE FROM rm_{model} WHERE key = '{key}'")
            }
            CopiedRow(from, to) => {
                let (model, from) = of_model(from);
                format!("INSERT INTO rm_{model} SELECT '{to}', row FROM rm_{model} WHERE key = '{from}'")
            }
            Version(version, to) => format!("UPDATE snapshots SET version = {to} WHERE version = {version}"),
            ReducerVersion(version, to) => format!("UPDATE snapshots SET reducer_version = {to} WHERE version = {version}"),
            Reducer(version, to) => format!("UPDATE snapshots SET reducer = '{to}' WHERE version = {version}"),
            Logic(version) => format!("UPDATE read_models SET logic_version = {version}"),
            other => panic!("{other:?} is said differently"),
        }
    }

    /// In a store in a database of MongoDB; how many records were changed.
    pub async fn in_mongodb(&self, database: &Database) -> u64 {
        let projections = database.collection::<Document>("projections");
        let update = match self {
            Checkpoint => Some(("projections", doc! {}, doc! { "live.event_id": mongodb::bson::Uuid::new() })),
            Logic(version) => Some(("projections", doc! {}, doc! { "live.logic_version": i64::from(*version) })),
            Stream(name, to) => Some(("commits", doc! { "stream": *name }, doc! { "stream": *to })),
            _ => None,
        };
        if let Some((collection, filter, change)) = update {
            let collection = database.collection::<Document>(collection);
            return collection.update_many(filter, doc! { "$set": change }).await.unwrap().modified_count;
        }
        let model = if let Row(key, ..) | NoRow(key) | CopiedRow(key, _) = self { of_model(key).0 } else { "resources" };
        let live = projections.find_one(doc! { "_id": model }).await.unwrap();
        let rows = live.and_then(|live| Some(live.get_document("live").ok()?.get_str("collection").ok()?.to_owned()));
        let (collection, filter) = match self {
            Row(key, ..) | NoRow(key) | CopiedRow(key, _) => (rows.unwrap(), doc! { "_id": of_model(key).1 }),
            State(version, ..) | NoState(version) | EventHash(version) | NoHashes(version) => {
                ("snapshots".to_owned(), at(*version))
            }
            Version(version, _) | ReducerVersion(version, _) | Reducer(version, _) => ("snapshots".to_owned(), at(*version)),
            Checkpoint | Logic(_) | Stream(..) => return 0,
        };
        let collection = database.collection::<Document>(&collection);
        let mut cursor = collection.find(filter).await.unwrap();
        let mut changed = 0;
        while cursor.advance().await.unwrap() {
            let old = cursor.deserialize_current().unwrap();
            let id = old.get("_id").unwrap().clone();
            let new = self.of_document(old);
            if !matches!(self, CopiedRow(..)) {
                collection.delete_one(doc! { "_id": id }).await.unwrap();
            }
            if let Some(new) = new {
                collection.insert_one(new).await.unwrap();
            }
            changed += 1;
        }
        changed
    }

    /// A document of a row or a snapshot as it is afterwards.
    fn of_document(&self, mut document: Document) -> Option<Document> {
        let (place, value): (&[&str], Bson) = match self {
            Row(_, field, value) => (&["text"], with_field(document.get_str("text").unwrap(), field, value)),
            State(_, field, value) => (&["state"], with_field(document.get_str("state").unwrap(), field, value)),
            NoState(_) => (&["state"], "no json".into()),
            EventHash(_) => (&["event_hash"], mongodb::bson::Binary { subtype: 0.into(), bytes: vec![0; 32] }.into()),
            NoHashes(_) => {
                let wrong =
                    [("state_hash", Bson::Null), ("state", doc! {}.into()), ("taken_at", "never".into()), ("bytes", 0.5.into())];
                document.extend(wrong.map(|(field, value)| (field.to_owned(), value)));
                (&["event_hash"], "none".into())
            }
            ReducerVersion(_, to) => (&["reducer_version"], Bson::Int64(*to as i64)),
            Version(_, to) => (&["_id", "version"], Bson::Int64(*to as i64)),
            Reducer(_, to) => (&["_id", "reducer"], (*to).into()),
            CopiedRow(_, to) => (&["_id"], (*to).into()),
            NoRow(_) | Checkpoint | Logic(_) | Stream(..) => return None,
        };
        match place {
            [outer, inner] => document.get_document_mut(outer).unwrap().insert(*inner, value),
            other => document.insert(other[0], value),
        };
        Some(document)
    }
}

/// The read model and the key of a row.
fn of_model(key: &'static str) -> (&'static str, &'static str) {
    key.split_once('/').unwrap_or(("resources", key))
}

fn at(version: u64) -> Document {
    doc! { "_id.version": version as i64 }
}

fn with_field(text: &str, field: &str, value: &Value) -> Bson {
    let mut object = serde_json::from_str::<Value>(text).unwrap_or_else(|_| json!({}));
    object[field] = value.clone();
    object.to_string().into()
}
