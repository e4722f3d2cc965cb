//! `esctl layout guess` on home-grown tables.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::layout::stores::Foreign;

const ON_POSTGRES: &str = "
    CREATE TABLE orders_log (position bigserial PRIMARY KEY, event_id uuid NOT NULL UNIQUE, stream_id text NOT NULL, event_type text NOT NULL,
        version integer NOT NULL, recorded_at timestamptz NOT NULL, payload bytea NOT NULL, metadata jsonb NOT NULL DEFAULT '{}', UNIQUE (stream_id, version));
    INSERT INTO orders_log SELECT n, gen_random_uuid(), 'order-1', 'placed', n - 1, now(), convert_to('{\"n\":1}', 'UTF8'), '{\"correlation_id\":\"c\"}'
        FROM generate_series(1, 3) n;
    CREATE TABLE customers (id uuid PRIMARY KEY, name text, data jsonb);";

/// Checks that the text of a guess is a layout that `layout show` accepts, and returns its model.
fn checked(foreign: &Foreign, table: &[&str]) -> (String, Value) {
    let (code, text, err) = foreign.run(&[&["layout", "guess"], table].concat());
    assert_eq!((code, err.as_str()), (0, ""), "{text}");
    std::fs::write(foreign.esctl.path("guess.toml"), &text).unwrap();
    let shown = foreign.json(&["show", "guess.toml"]);
    let report = foreign.json(&[&["guess"], table].concat());
    assert_eq!(report["text"], Value::from(text.clone()));
    assert_eq!(report["layout"]["events"], shown["events"]);
    (text, report)
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_table_on_postgresql_is_guessed_with_its_first_version_and_the_form_of_its_data() {
    let foreign = Foreign::postgres(ON_POSTGRES);
    let (text, report) = checked(&foreign, &[]);
    assert_eq!(report["table"], Value::from(format!("{}.orders_log", foreign.schema())));
    assert!(!text.contains("unsure:"), "{text}");
    let events = &report["layout"]["events"];
    assert_eq!((&events["version"]["first"], &events["position"]), (&json!(0), &json!("e.position")), "{text}");
    assert_eq!(
        (&events["data"]["as"], &events["metadata"]["correlation_id"]),
        (&json!("json"), &json!("correlation_id")),
        "{text}"
    );
    let (_, out, err) = foreign.run(&["layout", "guess", "customers"]);
    assert!(out.is_empty() && err.contains("does not look like events"), "{err}");
    // Without the schema in the URL, a name that is in several schemas must be whole.
    let whole = format!("{}.orders_log", foreign.schema());
    let output = foreign.esctl.run_on(foreign.server(), &["layout", "guess", &whole]);
    assert_eq!(output.code, 0, "{output:?}");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_collection_on_mongodb_is_guessed() {
    let collection = json!({"wallet_events": {"unique": ["walletId", "version"], "documents": [
        {"walletId": "w1", "version": 1, "eventType": "opened", "payload": {"owner": "Ann"}, "createdAt": {"$date": "2026-11-01T10:00:00Z"}}]}});
    let array = json!({"accounts": {"unique": ["accountNo"], "documents": [
        {"accountNo": "a1", "events": [{"type": "opened", "data": {"owner": "Ann"}, "at": {"$date": "2026-11-01T10:00:00Z"}}]}]}});
    for on in [Backend::MongoReplicaSet, Backend::MongoStandalone] {
        let (text, report) = checked(&Foreign::mongodb(on, &collection), &[]);
        let events = &report["layout"]["events"];
        assert_eq!((&events["stream"]["parts"], &events["time"]["as"]), (&json!(["walletId"]), &json!("date")), "{text}");
        let (text, report) = checked(&Foreign::mongodb(on, &array), &[]);
        let events = &report["layout"]["events"];
        assert_eq!((&events["unwind"], &events["type"]["column"]), (&json!("events"), &json!("type")), "{text}");
    }
}

#[test]
fn a_table_on_sqlite_is_guessed_and_others_are_named() {
    let foreign = Foreign::sqlite(
        "CREATE TABLE b_events (id INTEGER PRIMARY KEY, stream_id TEXT, version INTEGER, type TEXT, data TEXT, created_at TEXT, UNIQUE (stream_id, version));
         CREATE TABLE a_events (id INTEGER PRIMARY KEY, stream_id TEXT, version INTEGER, type TEXT, data TEXT, created_at TEXT, UNIQUE (stream_id, version));
         INSERT INTO a_events VALUES (1, 's', 1, 't', '{}', '2026-11-01T10:00:00Z');",
    );
    let (text, report) = checked(&foreign, &[]);
    assert_eq!((&report["table"], &report["others"]), (&json!("a_events"), &json!(["b_events"])));
    assert!(text.contains("as = \"rfc3339\"") && !text.contains("unsure:"), "{text}");
    let (text, _) = checked(&foreign, &["b_events"]);
    assert!(text.contains("# unsure: there are no rows: a first version of 1 is an assumption"), "{text}");
    let (code, _, err) = foreign.run(&["layout", "guess", "a_event"]);
    assert!(code == 3 && err.contains("did you mean a_events?"), "{err}");
}

#[test]
fn nothing_that_looks_like_events_is_3() {
    let foreign = Foreign::sqlite("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)");
    let (code, out, err) = foreign.run(&["layout", "guess"]);
    assert!(code == 3 && out.is_empty() && err.contains("no table in"), "{err}");
}

#[test]
fn names_are_never_statements() {
    let evil = "ev\"ents; DROP TABLE users; --";
    let quoted = evil.replace('"', "\"\"");
    let foreign = Foreign::sqlite(&format!(
        "CREATE TABLE users (id INTEGER PRIMARY KEY);
         CREATE TABLE \"{quoted}\" (stream_id TEXT, version INTEGER, type TEXT, data TEXT, UNIQUE (stream_id, version));
         CREATE TABLE dash_events (\"stream-id\" TEXT, \"ver sion; --\" INTEGER, version INTEGER, type TEXT, data TEXT, \"x\"\"y\" TEXT, UNIQUE (\"stream-id\", version));
         INSERT INTO dash_events VALUES ('s', 0, 1, 't', '{{}}', '');"
    ));
    let (text, report) = checked(&foreign, &[]);
    assert_eq!(report["table"], "dash_events");
    assert!(text.contains("\"e.stream-id\""), "{text}");
    for table in [evil, "x'; DROP TABLE users; --", "dash_events; DROP TABLE users"] {
        assert_eq!(foreign.run(&["layout", "guess", table]).0, 3, "{table}");
    }
    let names = rusqlite::Connection::open(foreign.url.strip_prefix("sqlite:").unwrap()).unwrap();
    let count: u32 = names.query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'table'", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 3);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn names_on_postgresql_are_never_statements() {
    let foreign = Foreign::postgres(
        "CREATE TABLE \"a\"\"b'c; DROP TABLE events; --\" (stream_id text, version int, type text, data jsonb, UNIQUE (stream_id, version));
         CREATE TABLE events (\"stream-id\" text, version int, \"ty'pe\" text, type text, \"da\"\"ta; --\" text, payload text, UNIQUE (\"stream-id\", version));
         INSERT INTO events VALUES ('a', 0, '', 't', '', '{}');",
    );
    let (text, report) = checked(&foreign, &[]);
    assert_eq!(report["table"], Value::from(format!("{}.events", foreign.schema())));
    assert!(text.contains("\"e.stream-id\"") && text.contains("first = 0"), "{text}");
    assert_eq!(foreign.run(&["layout", "guess", "a\"b'c; DROP TABLE events; --"]).0, 3);
    checked(&foreign, &["events"]);
}

#[test]
fn a_table_without_a_payload_and_one_with_odd_names_are_refused_with_the_reason() {
    let foreign = Foreign::sqlite(
        "CREATE TABLE bare_events (id INTEGER PRIMARY KEY, stream_id TEXT, version INT, event_type TEXT, UNIQUE (stream_id, version));
         CREATE TABLE odd_events (stream_id TEXT, \"version\"\"\" INT, event_type TEXT, data TEXT)",
    );
    for (table, reason) in [("bare_events", "data were found"), ("odd_events", "is no name")] {
        let (code, out, err) = foreign.run(&["layout", "guess", table]);
        assert!(code == 3 && out.is_empty() && err.contains(reason), "{code} {out} {err}");
    }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn an_array_of_types_and_values_is_no_list_of_events() {
    let contacts = json!({"people": {"unique": ["name"], "documents": [
        {"name": "Ann", "contacts": [{"type": "mail", "value": "ann@example.org"}, {"type": "phone", "value": "1"}]}]}});
    let foreign = Foreign::mongodb(Backend::MongoReplicaSet, &contacts);
    let (code, out, err) = foreign.run(&["layout", "guess"]);
    assert!(code == 3 && out.is_empty() && err.contains("no collection in"), "{out}{err}");
    // The same fields in an array whose name says events, and the names of the Go driver.
    let events =
        json!({"people": {"unique": ["name"], "documents": [{"name": "Ann", "changes": [{"type": "mail", "value": {"a": 1}}]}]}});
    let (text, _) = checked(&Foreign::mongodb(Backend::MongoReplicaSet, &events), &[]);
    assert!(text.contains("unwind   = \"changes\""), "{text}");
    let go = json!({"events": {"unique": ["documentid", "serverseq"], "documents": [
        {"documentid": "d1", "serverseq": 1, "operation": "create", "diff": {"a": 1}, "clientid": "app", "timestamp": {"$date": "2026-11-01T10:00:00Z"}}]}});
    let (text, report) = checked(&Foreign::mongodb(Backend::MongoReplicaSet, &go), &[]);
    let events = &report["layout"]["events"];
    assert_eq!(
        (&events["stream"]["parts"], &events["version"]["column"]),
        (&json!(["documentid"]), &json!("serverseq")),
        "{text}"
    );
    assert_eq!((&events["type"]["column"], &events["client_id"]), (&json!("operation"), &json!("clientid")), "{text}");
}

#[test]
fn guessed_layouts_of_home_grown_tables_read_all_of_their_rows() {
    let foreign = Foreign::sqlite(
        "CREATE TABLE account_events (account_id TEXT, seq INT, kind TEXT, amount REAL, currency TEXT, at DATETIME, PRIMARY KEY (account_id, seq));
         INSERT INTO account_events VALUES ('x', 1, 'deposited', 5.1, 'EUR', '2026-11-01 10:00:00.250');
         CREATE TABLE domain_events (event_id BLOB PRIMARY KEY, stream TEXT, revision INT, name TEXT, body BLOB, ts REAL, UNIQUE (stream, revision)) WITHOUT ROWID;
         INSERT INTO domain_events VALUES (x'000102030405060708090a0b0c0d0e0f', 's', 0, 'opened', x'7b7d', 1793527200.25);
         CREATE TABLE audit (id INTEGER PRIMARY KEY, entityId TEXT, entityType TEXT, version INT, action TEXT, changes TEXT, occurredAt INTEGER, userId TEXT, UNIQUE (entityType, entityId, version));
         INSERT INTO audit VALUES (1, 'e', 'user', 1, 'created', '{}', 1793527200250, 'ann');",
    );
    for (table, expected) in [
        ("account_events", json!(["x", 1, "deposited", null, {"amount": 5.1, "currency": "EUR"}, {}])),
        ("domain_events", json!(["s", 1, "opened", "000102030405060708090a0b0c0d0e0f", {}, {}])),
        ("audit", json!(["user-e", 1, "created", null, {}, {"client_id": "ann"}])),
    ] {
        checked(&foreign, &[table]);
        let report = foreign.json(&["check", "guess.toml"]);
        let event = &report["tables"][0]["first_events"][0];
        let keys = ["stream", "version", "type", "original_id", "data", "metadata"];
        assert_eq!(keys.map(|key| event[key].clone()).to_vec(), *expected.as_array().unwrap(), "{table}");
        assert_eq!(event["recorded_at"], "2026-11-01T10:00:00.250000Z", "{table}");
    }
}
