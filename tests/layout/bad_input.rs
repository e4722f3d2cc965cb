//! Tables with values and names that no library writes: a clear error or a right answer.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::layout::stores::Foreign;

/// Writes a layout for the table `ev` with more or other lines.
fn layout(foreign: &Foreign, engine: &str, time: &str, more: &str) {
    let from = if more.contains("from =") { "" } else { "from = \"ev\"\n" };
    let text = format!(
        "title = \"t\"\nengine = \"{engine}\"\n[events]\n{from}position = \"pos\"\nstream = {{ parts = [\"stream\"] }}\n\
         version = {{ column = \"ver\", first = 0 }}\ntype = \"kind\"\ntime = {{ column = \"at\", as = \"{time}\" }}\n\
         data = {{ column = \"body\" }}\nmetadata = {{ column = \"meta\" }}\n{more}\n"
    );
    std::fs::write(foreign.esctl.path("own.toml"), text).unwrap();
}

/// Checks the layout; the messages about rows without the table, and the whole report.
fn findings(foreign: &Foreign) -> (Vec<String>, Value) {
    let (code, out, err) = foreign.run(&["layout", "check", "own.toml", "-o", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{code} {out} {err}"));
    let rows = report["findings"].as_array().unwrap().iter().filter(|finding| finding["error"] == true);
    let message = |finding: &Value| finding["message"].as_str().unwrap().split_once('(').unwrap().1.to_owned();
    let mut messages: Vec<String> = rows.map(message).collect();
    messages.sort_unstable();
    assert_eq!(code, i32::from(!messages.is_empty()), "{err}");
    (messages, report)
}

#[test]
#[ignore = "needs a server: tests/run"]
fn each_bad_value_on_postgresql_is_named_with_its_row_and_the_good_ones_are_right() {
    let foreign = Foreign::postgres(
        "CREATE TABLE ev (pos numeric UNIQUE, stream text, ver numeric, kind text, at timestamptz, body text, meta jsonb, UNIQUE (stream, ver));
         INSERT INTO ev VALUES
            (1, 'good', 0.00, 'T', '2026-11-01Z', '{\"n\":123456789012345678901234567890}', NULL),
            (9223372036854775807, 'good', 1, 'T', 'infinity', '{\"a\":1,\"a\":2}', '[1]'),
            (3, 'good', 9223372036854775806, 'T', NULL, NULL, '\"text\"'),
            (123456789012345678901234567890, 'a', 1, 'T', NULL, '{}', NULL), (1.5, 'b', 1, 'T', NULL, '{}', NULL), ('NaN', 'c', 1, 'T', NULL, '{}', NULL),
            (NULL, 'd', 1, 'T', NULL, '{}', NULL), (11, NULL, 1, 'T', NULL, '{}', NULL), (12, 'e', NULL, 'T', NULL, '{}', NULL),
            (13, 'f', 9223372036854775807, 'T', NULL, '{}', NULL), (14, 'g', 9223372036854775808, 'T', NULL, '{}', NULL), (15, 'h', -1, 'T', NULL, '{}', NULL),
            (16, 'i', 1, NULL, NULL, '{}', NULL), (17, 'j', 1, 'T', '294276-01-01Z', '{}', NULL), (18, 'k', 1, 'T', '4000-01-01Z BC', '{}', NULL),
            (19, 'l', 1, 'T', NULL, 'no json', NULL), (20, 'm', 1, 'T', NULL, '', NULL), (21, 'n', 1, 'T', NULL, '{\"a\":1}{}', NULL)",
    );
    layout(&foreign, "postgres", "timestamptz", "[follow]\nrule = \"transactions\"");
    let (messages, report) = findings(&foreign);
    assert_eq!(
        messages,
        [
            "position 1.5): e.pos is no whole number of 64 bits: 1.5",
            "position 11): e.stream has no value, so the event has no stream",
            "position 12): e.ver has no value",
            "position 123456789012345678901234567890): e.pos is no whole number of 64 bits: 123456789012345678901234567890",
            "position 13): e.ver is out of range: 9223372036854775807",
            "position 14): e.ver is no whole number of 64 bits: 9223372036854775808",
            "position 15): e.ver is -1, and the first version is 0",
            "position 16): e.kind has no value, so the event has no type",
            "position 17): e.at is no time of this form: 294276-01-01 00:00:00+00",
            "position 19): e.body is not JSON: expected ident at line 1 column 2",
            "position 20): e.body is not JSON: EOF while parsing a value at line 1 column 0",
            "position 21): e.body is not JSON: trailing characters at line 1 column 8",
            "position NaN): e.pos is no whole number of 64 bits: NaN",
            "stream d, version 1): e.pos has no value",
        ]
    );
    let table = &report["tables"][0];
    assert_eq!((&table["events"], &table["mapped"]), (&json!(18), &json!(4)));
    let good: Vec<(&Value, &Value, &Value)> = table["first_events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (&event["version"], &event["recorded_at"], &event["metadata"]))
        .collect();
    let (time, none) = (json!("2026-11-01T00:00:00.000000Z"), Value::Null);
    assert_eq!(
        good,
        [
            (&json!(1), &time, &json!({})),
            (&json!(9_223_372_036_854_775_807_i64), &none, &json!({"value": "text"})),
            (&json!(2), &none, &json!({})),
            (&json!(2), &none, &json!({"value": [1]})),
        ]
    );
    // A time that esctl does not have is shown as the other program has it.
    let before = table["first_events"].as_array().unwrap().iter().find(|event| event["stream"] == "k").unwrap();
    assert_eq!(before["source"]["time"], "-003999-01-01T00:00:00.000000Z", "{before}");
    // Conditions and joins over columns of other types.
    for condition in ["is = 5", "is = true", "same_as = \"pos\"", "is_not = 5", "in = [5, 6]"] {
        layout(
            &foreign,
            "postgres",
            "timestamptz",
            &format!("where = {{ column = \"stream\", {condition} }}\n[follow]\nrule = \"transactions\""),
        );
        let (code, out, err) = foreign.run(&["layout", "check", "own.toml"]);
        assert!(code == 2 && out.is_empty() && err.contains("compares values of different types"), "{condition}: {code} {err}");
    }
    foreign.sql("ALTER TABLE ev ALTER pos TYPE text, ALTER at TYPE text");
    layout(&foreign, "postgres", "timestamptz", "[follow]\nrule = \"transactions\"");
    let (code, out, err) = foreign.run(&["layout", "check", "own.toml"]);
    assert!(
        code == 1 && out.contains("missing: ev.pos of another type than text") && out.contains("ev.at of another"),
        "{out} {err}"
    );
}

#[test]
fn each_bad_value_on_sqlite_is_named_with_its_row_and_the_good_ones_are_right() {
    let foreign = Foreign::sqlite(
        "CREATE TABLE ev (pos INTEGER PRIMARY KEY, stream, ver, kind, at, body, meta, UNIQUE (stream, ver));
         INSERT INTO ev VALUES
            (1, 'good', 0, 'T', '2026-11-01 12:00:00+02:00', '{\"n\":123456789012345678901234567890}', NULL),
            (2, 5, 1.0, 6, '2026-11-01T10:00:00Z', x'7b7d', '{}'),
            (3, NULL, 1, 'T', NULL, '{}', NULL), (4, 'a', NULL, 'T', NULL, '{}', NULL), (5, 'a', 'abc', 'T', NULL, '{}', NULL), (6, 'a', 1.5, 'T', NULL, '{}', NULL),
            (7, 'a', 9223372036854775807, 'T', NULL, '{}', NULL), (8, 'b', 1, 'T', 'yesterday', '{}', NULL), (9, 'c', 1, 'T', NULL, x'ff', NULL),
            (10, 'd', 1e300, 'T', NULL, '{}', NULL), (11, 'e', 1, NULL, NULL, '{}', NULL), (12, 'g', '0', 'T', NULL, '{}', NULL), (9223372036854775807, 'f', 1, 'T', NULL, '{}', 'no json')",
    );
    layout(&foreign, "sqlite", "utc", "[follow]\nrule = \"rowid\"");
    let (messages, report) = findings(&foreign);
    let long = format!("position 10): e.ver is no whole number of 64 bits: 1{}", "0".repeat(300));
    assert_eq!(
        messages,
        [
            long.as_str(),
            "position 11): e.kind has no value, so the event has no type",
            "position 12): e.ver is text, which is in another order than numbers",
            "position 3): e.stream has no value, so the event has no stream",
            "position 4): e.ver has no value",
            "position 5): e.ver is no whole number of 64 bits: abc",
            "position 6): e.ver is no whole number of 64 bits: 1.5",
            "position 7): e.ver is out of range: 9223372036854775807",
            "position 8): e.at is no time of this form: yesterday",
            "position 9): e.body is not UTF-8",
            "position 9223372036854775807): e.meta is not JSON: expected ident at line 1 column 2",
        ]
    );
    let events = &report["tables"][0]["first_events"];
    for (at, stream, version) in [(0, "good", 1), (1, "5", 2)] {
        let event = &events[at];
        assert_eq!((&event["stream"], &event["version"]), (&json!(stream), &json!(version)), "{events}");
        assert_eq!(event["recorded_at"], "2026-11-01T10:00:00.000000Z", "{events}");
    }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn each_bad_value_on_mongodb_is_named_with_its_row() {
    let document = |pos: Value, ver: Value, kind: Value, at: Value, body: Value| json!({"pos": pos, "stream": "s", "ver": ver, "kind": kind, "at": at, "body": body});
    let at = || json!({"$date": "2026-11-01T10:00:00Z"});
    let collections = json!({"ev": {"unique": ["pos"], "documents": [
        document(json!(1), json!(0), json!("T"), at(), json!({"a-b": 9_223_372_036_854_775_807_i64, "$c": at()})),
        document(json!(2), json!(1), json!("T"), Value::Null, Value::Null),
        document(json!(3), json!({"a": 1}), json!("T"), at(), json!({})),
        document(json!(4), Value::Null, json!("T"), at(), json!({})),
        document(json!(5), json!(5), Value::Null, at(), json!({})),
        document(json!(6), json!(9_223_372_036_854_775_807_i64), json!("T"), at(), json!({})),
        document(json!(7), json!(7), json!("T"), json!("yesterday"), json!({})),
        document(json!(8), json!(8), json!("T"), json!(true), json!([1, "two"])),
        document(json!(9), json!("9"), json!("T"), at(), json!({})),
    ]}});
    let foreign = Foreign::mongodb(Backend::MongoReplicaSet, &collections);
    layout(&foreign, "mongodb", "date", "[follow]\nrule = \"change-stream\"");
    let (messages, report) = findings(&foreign);
    assert_eq!(
        messages,
        [
            "position 3): ver is no whole number",
            "position 4): ver has no value",
            "position 5): kind has no value, so the event has no type",
            "position 6): ver is out of range: 9223372036854775807",
            "position 7): at is no time of this form: yesterday",
            "position 8): at is no time of this form: true",
            "position 9): ver is text, which is in another order than numbers",
        ]
    );
    let events = &report["tables"][0]["first_events"];
    assert_eq!(events[0]["data"], json!({"a-b": 9_223_372_036_854_775_807_i64, "$c": {"$date": "2026-11-01T10:00:00Z"}}));
    assert_eq!((&events[1]["version"], &events[1]["recorded_at"], &events[1]["data"]), (&json!(2), &Value::Null, &Value::Null));
}

const ODD: &str = "CREATE TABLE \"Order-Events 2.0\" (pos INTEGER PRIMARY KEY, \"stream\" TEXT, \"ver\" INTEGER, kind TEXT, at TEXT, body TEXT, meta TEXT, \"a.b-c d\" TEXT, \"select\" TEXT,
        UNIQUE (\"stream\", \"ver\"));
    INSERT INTO \"Order-Events 2.0\" VALUES (1, 'it''s-\"1\"', 0, 'T', '2026-11-01T10:00:00Z', '{}', NULL, 'x', 'y');";

#[test]
#[ignore = "needs a server: tests/run"]
fn names_with_dashes_spaces_and_dots_are_names_and_those_with_quotes_are_refused() {
    for (engine, foreign) in [("sqlite", Foreign::sqlite(ODD)), ("postgres", Foreign::postgres(ODD))] {
        let more = "from = \"Order-Events 2.0\"\nextra = { dot = \"e.a.b-c d\", word = \"e.select\" }\n\
                    where = { column = \"e.select\", is = \"y\" }\n[follow]\nrule = \"streams\"";
        layout(&foreign, engine, "rfc3339", more);
        let (messages, report) = findings(&foreign);
        assert!(messages.is_empty(), "{messages:?}");
        let event = &report["tables"][0]["first_events"][0];
        assert_eq!((&event["stream"], &event["source"]), (&json!("it's-\"1\""), &json!({"dot": "x", "word": "y"})), "{report}");
        // Columns that are not there, and names that could be statements.
        layout(
            &foreign,
            engine,
            "rfc3339",
            "from = \"Order-Events 2.0\"\nextra = { no = \"e.Select\" }\n[follow]\nrule = \"streams\"",
        );
        let (code, out, _) = foreign.run(&["layout", "check", "own.toml"]);
        assert!(code == 1 && out.contains("missing: Order-Events 2.0.Select"), "{code} {out}");
        for name in ["a\\\"b", "a'b", "a; b", "a--b", "a\\u0000"] {
            layout(&foreign, engine, "rfc3339", &format!("from = \"{name}\"\n[follow]\nrule = \"streams\""));
            let (code, out, err) = foreign.run(&["layout", "check", "own.toml"]);
            assert!(code == 2 && out.is_empty() && err.contains("own.toml:"), "{name}: {code} {err}");
        }
        layout(&foreign, engine, "rfc3339", "from = \"gone-events\"\n[follow]\nrule = \"streams\"");
        let (code, _, err) = foreign.run(&["layout", "check", "own.toml"]);
        assert!(code == 3 && err.contains("no table gone-events"), "{code} {err}");
    }
}

#[test]
fn an_event_of_50_mb_is_read_and_ends_the_list() {
    let foreign = Foreign::sqlite(
        "CREATE TABLE ev (pos INTEGER PRIMARY KEY, stream TEXT, ver INT, kind TEXT, at TEXT, body TEXT, meta TEXT, UNIQUE (stream, ver));
         WITH n (i) AS (VALUES (1), (2), (3)) INSERT INTO ev SELECT i, 's', i, 'T', NULL, '{\"x\":\"' || hex(zeroblob(25000000)) || '\"}', NULL FROM n",
    );
    layout(&foreign, "sqlite", "rfc3339", "[follow]\nrule = \"rowid\"");
    let (messages, report) = findings(&foreign);
    let table = &report["tables"][0];
    assert!(messages.is_empty() && table["events"] == 3 && table["mapped"] == 1, "{messages:?}");
    assert_eq!(table["first_events"][0]["data"]["x"].as_str().unwrap().len(), 50_000_000);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn rows_without_an_end_are_mapped_and_not_counted() {
    let endless = "CREATE VIEW ev AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
        SELECT i AS pos, 's' AS stream, i AS ver, 'T' AS kind, NULL AS at, '{}' AS body, NULL AS meta FROM n";
    for (engine, foreign) in [("sqlite", Foreign::sqlite(endless)), ("postgres", Foreign::postgres(endless))] {
        layout(&foreign, engine, "rfc3339", "[follow]\nrule = \"streams\"");
        let (code, out, err) = foreign.run(&["layout", "check", "own.toml", "--timeout", "1s"]);
        assert!(
            code == 0 && out.contains("not counted in time") && out.contains("the first 100"),
            "{engine}: {code} {out} {err}"
        );
    }
}
