//! Databases of other programs: tables of the project's own, with the columns of the libraries.

use std::path::Path;

use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::doc;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::PgConnection;

use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::common::backend::run;

pub const ON_POSTGRES: [&str; 11] = [
    "message-db",
    "marten",
    "emmett-postgresql",
    "eventsourcing-postgres",
    "postgres-es",
    "commanded",
    "rails-event-store",
    "eventuous-postgres",
    "akka-persistence-jdbc",
    "esrs",
    "cqrs-event-store",
];
pub const ON_SQLITE: [&str; 3] = ["emmett-sqlite", "eventsourcing-sqlite", "sqlite-es"];
pub const ON_MONGODB: [&str; 5] = ["game-events", "eventsync", "emmett-mongodb", "node-eventstore", "eventhorizon-v2"];

/// The program, and a database of another program that is gone with the value.
pub struct Foreign {
    pub esctl: Esctl,
    pub url: String,
    /// The server and the schema, in PostgreSQL.
    schema: Option<(String, String)>,
}

/// Returns the fixture of a library.
pub fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/layout/stores").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the tables of the fixture of a library, without rows.
pub fn tables(name: &str) -> String {
    let whole = fixture(name);
    whole.split("INSERT INTO").next().unwrap().to_owned()
}

impl Foreign {
    /// A SQLite file with these tables.
    pub fn sqlite(sql: &str) -> Self {
        let esctl = Esctl::new(Backend::Sqlite);
        let path = esctl.path("foreign.db");
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        Self { url: format!("sqlite:{}", path.display()), esctl, schema: None }
    }

    /// A schema of PostgreSQL with these tables.
    pub fn postgres(sql: &str) -> Self {
        let esctl = Esctl::new(Backend::Sqlite);
        let server = std::env::var("ESCTL_TEST_POSTGRES").expect("tests/servers starts one");
        let schema = format!("t{}", uuid::Uuid::new_v4().simple());
        let made = format!("SET client_min_messages = warning; CREATE SCHEMA {schema}; SET search_path = {schema}; {sql}");
        sql_on(&server, &made);
        let mark = if server.contains('?') { '&' } else { '?' };
        Self { url: format!("{server}{mark}schema={schema}"), esctl, schema: Some((server, schema)) }
    }

    /// A MongoDB database with the collections of a library.
    pub fn mongodb(on: Backend, collections: &Value) -> Self {
        let esctl = Esctl::new(on);
        let url = esctl.place.url.clone();
        run(async {
            let client = mongodb::Client::with_uri_str(&url).await.unwrap();
            let database = client.default_database().unwrap();
            for (name, collection) in collections.as_object().unwrap() {
                let documents = collection["documents"].as_array().unwrap().iter();
                let documents: Vec<Document> = documents.map(document).collect();
                database.collection::<Document>(name).insert_many(documents).await.unwrap();
                let keys: Document = collection["unique"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|key| (key.as_str().unwrap().to_owned(), Bson::Int32(1)))
                    .collect();
                let index = doc! { "key": keys, "name": "unique", "unique": true };
                database.run_command(doc! { "createIndexes": name.as_str(), "indexes": [index] }).await.unwrap();
            }
        });
        Self { url, esctl, schema: None }
    }

    /// The store of a built-in layout, on the server that it is for.
    pub fn of_layout(name: &str, on: Backend) -> Self {
        match on {
            Backend::Sqlite => Self::sqlite(&fixture(&format!("{name}.sql"))),
            Backend::Postgres => Self::postgres(&fixture(&format!("{name}.sql"))),
            _ => Self::mongodb(on, &serde_json::from_str::<Value>(&fixture("mongodb.json")).unwrap()[name]),
        }
    }

    /// Runs `esctl layout …` on the database; its JSON.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        let output = self.esctl.run_on(&self.url, &[&["layout"], args, &["-o", "json"]].concat());
        assert_eq!(output.code, 0, "{args:?}: {output:?}");
        serde_json::from_str(&output.stdout).unwrap()
    }

    /// Runs a command on the database; its exit code, stdout and stderr.
    pub fn run(&self, args: &[&str]) -> (i32, String, String) {
        let output = self.esctl.run_on(&self.url, args);
        (output.code, output.stdout, output.stderr)
    }

    /// Runs a command on the database, read with a layout; its JSON.
    #[track_caller]
    pub fn read(&self, layout: &str, args: &[&str]) -> Value {
        let output = self.esctl.run_on(&self.url, &[&["--layout", layout], args, &["-o", "json"]].concat());
        assert_eq!(output.code, 0, "{layout} {args:?}: {output:?}");
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{layout} {args:?}: {error}: {}", output.stdout))
    }

    /// Runs a command on the database, read with a layout; its exit code, and its error as JSON.
    pub fn refused(&self, layout: &str, args: &[&str]) -> (i32, Value) {
        let output = self.esctl.run_on(&self.url, &[&["--layout", layout], args, &["-o", "json"]].concat());
        let last = output.stderr.lines().last().unwrap_or_default();
        (output.code, serde_json::from_str::<Value>(last).unwrap_or_default()["error"].clone())
    }

    /// Writes a file beside the database; its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.esctl.path(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Runs statements in the PostgreSQL database.
    pub fn sql(&self, sql: &str) {
        let (server, schema) = self.schema.as_ref().unwrap();
        sql_on(server, &format!("SET search_path = {schema}; {sql}"));
    }

    /// Runs one statement in the PostgreSQL database, outside of a transaction. Its names have schemas.
    pub fn statement(&self, sql: &str) {
        sql_on(self.server(), sql);
    }

    /// Returns the URL of the whole PostgreSQL database.
    pub fn server(&self) -> &str {
        &self.schema.as_ref().unwrap().0
    }

    /// Returns the schema in PostgreSQL.
    pub fn schema(&self) -> &str {
        &self.schema.as_ref().unwrap().1
    }
}

/// Returns a document of the fixtures, in which `{"$date": "…"}` is a date and `{"$oid": "…"}` an id.
fn document(json: &Value) -> Document {
    json.as_object().unwrap().iter().map(|(key, value)| (key.clone(), bson(value))).collect()
}

fn bson(json: &Value) -> Bson {
    match json {
        Value::Object(object) if object.contains_key("$date") => {
            Bson::DateTime(mongodb::bson::DateTime::parse_rfc3339_str(object["$date"].as_str().unwrap()).unwrap())
        }
        Value::Object(object) if object.contains_key("$oid") => {
            Bson::ObjectId(mongodb::bson::oid::ObjectId::parse_str(object["$oid"].as_str().unwrap()).unwrap())
        }
        Value::Object(_) => Bson::Document(document(json)),
        Value::Array(array) => Bson::Array(array.iter().map(bson).collect()),
        Value::String(text) => Bson::String(text.clone()),
        Value::Number(number) => Bson::Int64(number.as_i64().unwrap()),
        Value::Bool(flag) => Bson::Boolean(*flag),
        Value::Null => Bson::Null,
    }
}

fn sql_on(server: &str, sql: &str) {
    let sql = sql.to_owned();
    run(async {
        let mut connection = PgConnection::connect(server).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    });
}

impl Drop for Foreign {
    fn drop(&mut self) {
        if let Some((server, schema)) = &self.schema {
            sql_on(server, &format!("SET client_min_messages = warning; DROP SCHEMA IF EXISTS {schema} CASCADE"));
        }
    }
}
