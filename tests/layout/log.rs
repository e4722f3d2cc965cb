//! A store of another program with tables of streams, checkpoints and snapshots, the same on every engine, and damaged on purpose.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::layout::stores::Foreign;

const LAYOUT: &str = r#"
[events]
from     = "log"
position = "e.id"
stream   = { parts = ["e.s"] }
version  = { column = "e.v", first = 1 }
type     = "e.t"
time     = { column = "e.at", as = "epoch-ms" }
id       = "e.key"
data     = { column = "e.body", as = "json" }

[streams]
from    = "heads"
parts   = ["s.s"]
version = { column = "s.v", first = 1 }

[checkpoints]
from     = "places"
name     = "c.name"
position = "c.pos"
category = "c.cat"

[snapshots]
from    = "states"
parts   = ["n.s"]
version = { column = "n.v", first = 1 }
state   = { column = "n.state", as = "json" }
"#;

/// The columns of each table, with their types in SQL.
const TABLES: [(&str, &[(&str, &str)]); 4] = [
    (
        "log",
        &[("id", "bigint"), ("s", "text"), ("v", "bigint"), ("t", "text"), ("at", "bigint"), ("key", "text"), ("body", "text")],
    ),
    ("heads", &[("s", "text"), ("v", "bigint")]),
    ("places", &[("name", "text"), ("pos", "bigint"), ("cat", "text")]),
    ("states", &[("s", "text"), ("v", "bigint"), ("state", "text")]),
];

/// 2026-11-01 10:00:00.
const TIME: i64 = 1_793_527_200_000;

/// The rows of a store: events of the streams `a` (positions 1, 2, 4) and `b` (3, 5), without any damage.
#[derive(Clone)]
pub struct Log {
    /// The rows of the tables, in their order.
    pub rows: [Vec<Vec<Value>>; 4],
    /// True for a unique index over stream and version.
    pub unique: bool,
}

/// A row of an event.
pub fn event(position: impl Into<Value>, stream: &str, version: impl Into<Value>, body: &str) -> Vec<Value> {
    let position = position.into();
    let at = TIME + position.as_i64().unwrap_or(0) * 1000;
    vec![position.clone(), stream.into(), version.into(), "Added".into(), at.into(), format!("k{position}").into(), body.into()]
}

impl Log {
    pub fn new() -> Self {
        let events = vec![
            event(1, "a", 1, r#"{"gold":1}"#),
            event(2, "a", 2, r#"{"gold":2}"#),
            event(3, "b", 1, "{}"),
            event(4, "a", 3, r#"{"gold":99}"#),
            event(5, "b", 2, "{}"),
        ];
        let rows = |rows: Value| rows.as_array().unwrap().iter().map(|row| row.as_array().unwrap().clone()).collect();
        let heads = rows(json!([["a", 3], ["b", 2]]));
        let places = rows(json!([["mails", 2, null], ["bills", 5, null]]));
        let states = rows(json!([["a", 2, "{\"gold\":2}"], ["a", 3, "{ \"gold\" : 99.0 }"]]));
        Self { rows: [events, heads, places, states], unique: true }
    }

    /// Adds a row to the events.
    pub fn with(mut self, row: Vec<Value>) -> Self {
        self.rows[0].push(row);
        self
    }

    /// Removes the unique index.
    pub fn without_index(self) -> Self {
        Self { unique: false, ..self }
    }

    fn sql(&self) -> String {
        let value = |value: &Value| match value {
            Value::String(text) => format!("'{}'", text.replace('\'', "''")),
            other => other.to_string(),
        };
        let mut sql = String::new();
        for ((table, columns), rows) in TABLES.iter().zip(&self.rows) {
            let columns = columns.iter().map(|(name, kind)| format!("{name} {kind}")).collect::<Vec<_>>().join(", ");
            sql.push_str(&format!("CREATE TABLE {table} ({columns});"));
            for row in rows {
                sql.push_str(&format!("INSERT INTO {table} VALUES ({});", row.iter().map(value).collect::<Vec<_>>().join(", ")));
            }
        }
        if self.unique {
            sql.push_str("CREATE UNIQUE INDEX log_version ON log (s, v);");
        }
        sql + "CREATE INDEX log_position ON log (id);"
    }

    fn collections(&self) -> Value {
        let collection = |number: usize| {
            let ((table, columns), rows) = (TABLES[number], &self.rows[number]);
            let document = |(number, row): (usize, &Vec<Value>)| {
                let fields = columns.iter().map(|(name, _)| (*name).to_owned()).zip(row.iter().cloned());
                let fields: serde_json::Map<String, Value> = fields.chain([("n".to_owned(), number.into())]).collect();
                Value::Object(fields)
            };
            let unique = if self.unique && table == "log" { json!(["s", "v"]) } else { json!(["n"]) };
            let documents: Vec<Value> = rows.iter().enumerate().map(document).collect();
            (table.to_owned(), json!({ "unique": unique, "documents": documents }))
        };
        Value::Object((0..TABLES.len()).map(collection).collect())
    }

    /// Makes the store, and a file with its layout.
    pub fn make(&self, on: Backend) -> LogStore {
        let (foreign, engine) = match on {
            Backend::Sqlite => (Foreign::sqlite(&self.sql()), "sqlite"),
            Backend::Postgres => (Foreign::postgres(&self.sql()), "postgres"),
            _ => (Foreign::mongodb(on, &self.collections()), "mongodb"),
        };
        let mut text = format!("title = \"Log\"\nengine = \"{engine}\"\n{LAYOUT}");
        if engine == "mongodb" {
            for alias in ["e", "s", "c", "n"] {
                text = text.replace(&format!("\"{alias}."), "\"");
            }
        }
        let layout = foreign.file("log.toml", &text);
        LogStore { foreign, layout }
    }
}

/// The store, and the file of its layout.
pub struct LogStore {
    pub foreign: Foreign,
    pub layout: String,
}

impl LogStore {
    /// Runs a command with the layout; its exit code, stdout and stderr.
    pub fn run(&self, args: &[&str]) -> (i32, String, String) {
        self.foreign.run(&[&["--layout", &self.layout], args].concat())
    }

    /// Verifies the store; the exit code and the report.
    pub fn verify(&self, args: &[&str]) -> (i32, Value) {
        let (code, out, error) = self.run(&[&["verify", "-o", "json"], args].concat());
        (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{code} {out} {error}")))
    }
}

/// Returns the findings of a report as `KIND STREAM VERSION POSITION`, then the notes.
pub fn found(report: &Value) -> Vec<String> {
    let cell = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let line = |finding: &Value| ["kind", "stream", "version", "position"].map(|field| cell(&finding[field])).join(" ");
    let list = |name: &str| report[name].as_array().unwrap().clone();
    let notes = list("notes").iter().map(|note| format!("note {}", line(note))).collect::<Vec<_>>();
    list("findings").iter().map(line).chain(notes).collect()
}
