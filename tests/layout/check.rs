//! `esctl layout check`: a layout against a database, and the first events.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::layout::stores::Foreign;
use crate::layout::stores::tables;

/// Checks a layout that fits; the report.
#[track_caller]
fn checked(foreign: &Foreign, name: &str) -> Value {
    let report = foreign.json(&["check", name]);
    assert_eq!(report["ok"], true, "{name}: {report}");
    report
}

const MESSAGE: &str = "INSERT INTO events VALUES ('wallet', 'w1', 1, 'Opened', '1.0', '{\"Opened\":{\"owner\":\"Ann\"}}', '{\"correlationId\":\"c\"}'),
    ('wallet', 'w1', 2, 'Added', '1.0', '{\"Added\":{\"amount\":123456789012345678901234567890}}', '{}')";

#[test]
fn the_first_events_of_a_sqlite_file_are_mapped() {
    let foreign = Foreign::sqlite(&format!("{}; {MESSAGE};", tables("sqlite-es.sql")));
    let report = checked(&foreign, "sqlite-es");
    let table = &report["tables"][0];
    assert_eq!((&table["events"], &table["mapped"], &report["findings"]), (&json!(2), &json!(2), &json!([])));
    let first = &table["first_events"][0];
    assert_eq!((&first["stream"], &first["version"], &first["position"]), (&json!("wallet-w1"), &json!(1), &json!(1)));
    assert_eq!((&first["data"], &first["metadata"]), (&json!({"owner": "Ann"}), &json!({"correlation_id": "c"})));
    let (code, out, _) = foreign.run(&["layout", "check", "sqlite-es"]);
    assert!(code == 0 && out.contains("123456789012345678901234567890"), "{out}");
}

#[test]
fn what_cannot_be_read_is_1_with_the_column_and_the_reason() {
    let broken = "INSERT INTO events VALUES ('wallet', 'w1', 1, 'Opened', '1.0', 'no json', '{}'), ('wallet', 'w2', -3, 'Opened', '1.0', '{}', '{}');
        CREATE TABLE other (x)";
    let without_key = tables("sqlite-es.sql").replace("sequence INTEGER NOT NULL", "sequence INTEGER");
    let foreign = Foreign::sqlite(&format!("{without_key}; {broken};"));
    let (code, out, err) = foreign.run(&["layout", "check", "sqlite-es"]);
    assert_eq!(code, 1, "{out}{err}");
    for part in [
        "events, row 1 (position 1): e.payload is not JSON",
        "events, row 2 (position 2): e.sequence is -3, and the first version is 1",
    ] {
        assert!(out.contains(part), "{out}");
    }
    assert!(err.contains("2 errors"), "{err}");
    // A layout for another engine, a layout of another store, and a version that is there twice.
    assert_eq!(foreign.run(&["layout", "check", "message-db"]).0, 2);
    assert_eq!(foreign.run(&["layout", "check", "emmett-sqlite"]).0, 3);
    let twice = "CREATE TABLE events (aggregate_type TEXT, aggregate_id TEXT, sequence INTEGER, event_type TEXT, event_version TEXT, payload TEXT, metadata TEXT);";
    let foreign = Foreign::sqlite(&format!("{twice} {MESSAGE}; {MESSAGE};"));
    let (code, out, _) = foreign.run(&["layout", "check", "sqlite-es"]);
    assert!(code == 1 && out.contains("stream wallet-w1 has version 2 twice"), "{out}");
    assert!(
        out.contains("CREATE UNIQUE INDEX") && out.contains("ON \"events\" (\"aggregate_type\", \"aggregate_id\", \"sequence\")"),
        "{out}"
    );
}

#[test]
fn the_index_that_helps_is_one_that_the_database_can_create() {
    let foreign = Foreign::sqlite(
        "CREATE TABLE t (stream TEXT, n INT, kind TEXT, body TEXT); CREATE VIEW log AS SELECT * FROM t;
        INSERT INTO t VALUES ('s', 1, 'Opened', '{}');",
    );
    for (table, statements) in [("t", 1), ("log", 0)] {
        let text = format!(
            "title = \"t\"\nengine = \"sqlite\"\n[events]\nfrom = \"{table}\"\nstream = {{ parts = [\"stream\"] }}\n\
             version = {{ column = \"n\", first = 1 }}\ntype = \"kind\"\ndata = {{ column = \"body\" }}\n[follow]\nrule = \"streams\"\n"
        );
        std::fs::write(foreign.esctl.path("own.toml"), text).unwrap();
        let report = checked(&foreign, "own.toml");
        let findings = report["findings"].as_array().unwrap();
        let found: Vec<&str> = findings.iter().filter_map(|finding| finding["statement"].as_str()).collect();
        assert_eq!(found.len(), statements, "{report}");
        let connection = rusqlite::Connection::open(foreign.url.strip_prefix("sqlite:").unwrap()).unwrap();
        for statement in found {
            connection.execute_batch(statement).unwrap();
        }
    }
    assert_eq!(checked(&foreign, "own.toml")["findings"].as_array().unwrap().len(), 1, "a view has no index");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn the_index_that_helps_can_be_created_on_postgresql_in_partitions_and_without() {
    for name in ["emmett-postgresql", "message-db"] {
        let foreign = Foreign::of_layout(name, Backend::Postgres);
        if name == "message-db" {
            foreign.sql("DROP INDEX messages_stream; ALTER TABLE messages DROP CONSTRAINT messages_pkey");
        }
        let report = checked(&foreign, name);
        for finding in report["findings"].as_array().unwrap() {
            foreign.statement(finding["statement"].as_str().unwrap());
        }
        assert!(report["findings"] != json!([]) && checked(&foreign, name)["findings"] == json!([]), "{report}");
    }
}
