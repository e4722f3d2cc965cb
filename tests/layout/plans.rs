//! The statements of a layout use the indexes of its store: none reads a whole table or sorts it, whatever its size.

use std::collections::BTreeMap;

use mongodb::bson::Document;
use mongodb::bson::doc;
use serde_json::Value;

use crate::common::backend::Backend;
use crate::common::backend::run;
use crate::layout::stores::Foreign;
use crate::layout::stores::fixture;
use crate::layout::stores::tables;

/// Returns the number of events of a store, ten in each stream: a million where all tests are run.
fn events() -> u64 {
    if std::env::var_os("ESCTL_TEST_ALL").is_some() { 1_000_000 } else { 100_000 }
}

/// The layouts of SQLite and PostgreSQL with an index for each of their statements, and the statements that fill their tables.
fn fills(events: u64) -> BTreeMap<String, String> {
    let text = fixture("many_events.sql").replace(":n", &events.to_string());
    let fill = |part: &str| part.split_once('\n').map(|(name, sql)| (name.to_owned(), sql.to_owned()));
    text.split("-- ").filter_map(fill).collect()
}

/// Checks that a layout reads a store by its indexes.
#[track_caller]
fn uses_indexes(layout: &str, foreign: &Foreign) {
    let report = foreign.json(&["check", layout]);
    let plans = report["plans"].as_array().unwrap();
    assert!(plans.len() >= 3, "{layout}: {plans:#?}");
    for plan in plans {
        assert!(plan["scans"] == false && plan["sorts"] == false, "{layout}: {plan:#}");
    }
    assert!(!report["findings"].to_string().contains("\"plan\""), "{layout}: {report:#}");
}

fn sqlite(events: u64) {
    for name in ["emmett-sqlite", "eventsourcing-sqlite", "sqlite-es"] {
        uses_indexes(name, &Foreign::sqlite(&format!("{}; {}", tables(&format!("{name}.sql")), fills(events)[name])));
    }
}

fn postgresql(events: u64) {
    let of_sqlite = |name: &String| name.contains("sqlite");
    for (name, fill) in fills(events).iter().filter(|(name, _)| !of_sqlite(name)) {
        uses_indexes(name, &Foreign::postgres(&format!("{}; {fill}; ANALYZE", tables(&format!("{name}.sql")))));
    }
}

fn mongodb(events: u64) {
    let shape: Value = serde_json::from_str(&fixture("mongodb.json")).unwrap();
    for on in [Backend::MongoReplicaSet, Backend::MongoStandalone] {
        let foreign = Foreign::mongodb(on, &shape["game-events"]);
        run(async {
            let client = mongodb::Client::with_uri_str(&foreign.url).await.unwrap();
            let collection = client.default_database().unwrap().collection::<Document>("events");
            let numbers: Vec<u64> = (0..events).collect();
            for some in numbers.chunks(10_000) {
                let document = |n: &u64| {
                    let (game, id) = (format!("many-{}", n % (events / 10)), i64::try_from(n / (events / 10) + 1).unwrap());
                    doc! { "gameId": game, "id": id, "type": "Played", "timestamp": mongodb::bson::DateTime::now(), "payload": { "card": 3 } }
                };
                collection.insert_many(some.iter().map(document)).await.unwrap();
            }
        });
        uses_indexes("game-events", &foreign);
    }
}

#[test]
fn statements_on_sqlite_use_indexes() {
    sqlite(events());
}

#[test]
#[ignore = "needs a server: tests/run"]
fn statements_on_postgresql_use_indexes() {
    postgresql(events());
}

#[test]
#[ignore = "needs a server: tests/run"]
fn statements_on_mongodb_use_indexes() {
    mongodb(events());
}

#[test]
fn a_statement_without_an_index_is_named_once_the_table_is_large() {
    let tables = "CREATE TABLE notes (id INTEGER, note TEXT, v INT, kind TEXT, body TEXT)";
    let layout = "title = \"Notes\"\nengine = \"sqlite\"\n[events]\nfrom = \"notes\"\nposition = \"e.id\"\nstream = { parts = [\"e.note\"] }\n\
                  version = { column = \"e.v\", first = 1 }\ntype = \"e.kind\"\ndata = { column = \"e.body\" }\n";
    for (events, expected) in [(100, 0), (20_000, 4)] {
        let fill = format!(
            "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {events}) \
             INSERT INTO notes SELECT n, 'n-' || (n % 10), n / 10 + 1, 'Written', '{{}}' FROM number"
        );
        let foreign = Foreign::sqlite(&format!("{tables}; {fill}"));
        let report = foreign.json(&["check", &foreign.file("notes.toml", layout)]);
        let slow: Vec<&Value> =
            report["findings"].as_array().unwrap().iter().filter(|finding| finding["kind"] == "plan").collect();
        assert_eq!(slow.len(), expected, "{report:#}");
    }
}
