//! `esctl layout check`: a layout against a database, and the first events.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::layout::stores::Foreign;
use crate::layout::stores::fixture;

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
    let foreign = Foreign::sqlite(&format!("{}; {MESSAGE};", fixture("sqlite-es.sql")));
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
    let without_key = fixture("sqlite-es.sql").replace("sequence INTEGER NOT NULL", "sequence INTEGER");
    let foreign = Foreign::sqlite(&format!("{without_key}; {broken};"));
    let (code, out, err) = foreign.run(&["layout", "check", "sqlite-es"]);
    assert_eq!(code, 1, "{out}{err}");
    for part in ["events, row 1: e.payload is not JSON", "events, row 2: e.sequence is -3, and the first version is 1"] {
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
#[ignore = "needs a server: tests/run"]
fn stores_on_postgresql_are_mapped() {
    let foreign = Foreign::postgres(&fixture("message-db.sql"));
    let report = checked(&foreign, "message-db");
    let first = &report["tables"][0]["first_events"][0];
    assert_eq!((&first["stream"], &first["version"], &first["data"]), (&json!("wallet-1"), &json!(1), &json!({"owner": "Ann"})));
    assert!(first["recorded_at"].is_string(), "{first}");

    let foreign = Foreign::postgres(&fixture("rails-event-store.sql"));
    foreign.sql(
        "INSERT INTO event_store_events VALUES (1, '7f9619ff-8b86-d011-b42d-00c04fc96401', 'Opened', '{}', '{\"a\":1}', now(), NULL);
         INSERT INTO event_store_events_in_streams VALUES (1, 'wallet-1', NULL, '7f9619ff-8b86-d011-b42d-00c04fc96401', now()),
         (2, 'all', 0, '7f9619ff-8b86-d011-b42d-00c04fc96401', now())",
    );
    let report = checked(&foreign, "rails-event-store");
    // A link to a further stream is no further event.
    assert_eq!(
        (&report["tables"][0]["events"], &report["tables"][0]["first_events"][0]["stream"]),
        (&json!(1), &json!("wallet-1"))
    );

    let foreign = Foreign::postgres(&fixture("commanded.sql"));
    foreign.sql(
        "INSERT INTO streams VALUES (0, '$all', 1, now(), NULL), (1, 'wallet-1', 1, now(), NULL);
         INSERT INTO events VALUES ('7f9619ff-8b86-d011-b42d-00c04fc96401', 'Opened', NULL, NULL, '{\"a\":1}', NULL, now());
         INSERT INTO stream_events VALUES ('7f9619ff-8b86-d011-b42d-00c04fc96401', 1, 1, 1, 1), ('7f9619ff-8b86-d011-b42d-00c04fc96401', 0, 1, 1, 1)",
    );
    let report = checked(&foreign, "commanded");
    assert_eq!((&report["tables"][0]["events"], &report["tables"][0]["first_events"][0]["data"]), (&json!(1), &json!({"a": 1})));

    let foreign = Foreign::postgres(&fixture("akka-persistence-jdbc.sql"));
    foreign.sql(
        "INSERT INTO event_journal VALUES (1, 'Wallet|1', 1, true, 'w', 1793527200000, '', 4, 'Opened', '\\xff00', NULL, NULL, NULL)",
    );
    let table = &checked(&foreign, "akka-persistence-jdbc")["tables"][0];
    assert_eq!((&table["hidden"], &table["first_events"][0]["data"]), (&json!(1), &json!({"$bytes": "/wA="})));
    assert_eq!(table["first_events"][0]["recorded_at"], "2026-11-01T10:00:00.000000Z");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn every_layout_reads_its_store_on_each_server() {
    for name in
        ["marten", "emmett-postgresql", "eventsourcing-postgres", "postgres-es", "eventuous-postgres", "esrs", "cqrs-event-store"]
    {
        checked(&Foreign::postgres(&fixture(&format!("{name}.sql"))), name);
    }
    let fixtures: Value = serde_json::from_str(&fixture("mongodb.json")).unwrap();
    for on in [Backend::MongoReplicaSet, Backend::MongoStandalone] {
        for (name, fixture) in fixtures.as_object().unwrap() {
            let report = checked(&Foreign::mongodb(on, fixture), name);
            for table in report["tables"].as_array().unwrap() {
                assert!(table["mapped"].as_u64() > Some(0) && table["events"] == table["mapped"], "{name}: {table}");
            }
        }
    }
}
