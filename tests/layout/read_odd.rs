//! Odd stores read through a layout: missing columns, missing values, numbers at the border, and long streams.

use serde_json::Value;
use serde_json::json;

use crate::layout::stores::Foreign;
use crate::layout::stores::fixture;

const LAYOUT: &str = r#"
title  = "Notes"
engine = "sqlite"
[events]
from    = "notes"
stream  = { parts = ["e.s"] }
version = { column = "e.v", first = 1 }
type    = "e.t"
data    = { column = "e.d" }
"#;

pub fn notes(rows: &str) -> (Foreign, String) {
    let foreign = Foreign::sqlite(&format!("CREATE TABLE notes (s TEXT, v INTEGER, t TEXT, d TEXT); {rows};"));
    let layout = foreign.file("notes.toml", LAYOUT);
    (foreign, layout)
}

#[test]
fn what_a_layout_lacks_is_null() {
    let (foreign, layout) = notes("INSERT INTO notes VALUES ('b', 1, 'T', '{}'), ('a', 1, 'T', '[1, 2]'), ('a', 2, 'T', NULL)");
    let events = foreign.read(&layout, &["stream", "read", "a"]);
    let first = &events["items"][0];
    for field in ["position", "recorded_at", "hash", "schema_version"] {
        assert!(first.as_object().unwrap()[field].is_null(), "{field}: {first}");
    }
    assert_eq!((&first["data"], &events["items"][1]["data"], &first["source"]), (&json!([1, 2]), &Value::Null, &json!({})));
    // The id is made of layout, stream and version.
    assert_ne!(first["event_id"], events["items"][1]["event_id"]);
    let listed = foreign.read(&layout, &["stream", "list"]);
    assert_eq!((&listed["items"][0]["stream"], &listed["items"][0]["last_position"]), (&json!("a"), &Value::Null));
    let replay = foreign.read(&layout, &["replay", "b"]);
    assert_eq!((&replay["position"], &replay["reducer"]), (&Value::Null, &json!("merge")));
    for args in [
        vec!["stream", "read", "--all"],
        vec!["stream", "tail", "--no-follow"],
        vec!["replay", "a", "--at", "2026-01-01T00:00:00Z"],
    ] {
        let (code, error) = foreign.refused(&layout, &args);
        assert!(code == 2 && error["hint"].is_null(), "{args:?}: {error}");
    }
    let (code, error) = foreign.refused(&layout, &["stream", "read", "a", "--since", "2026-01-01T00:00:00Z"]);
    assert!(code == 2 && error["message"].as_str().unwrap().contains("has no time"), "{error}");
    // Without an order, statistics and traces read one stream after the other.
    let stats = foreign.read(&layout, &["stats"]);
    assert_eq!((&stats["events"], &stats["streams"], &stats["first_recorded_at"]), (&json!(3), &json!(2), &Value::Null));
    let trace = foreign.read(&layout, &["trace", first["event_id"].as_str().unwrap()]);
    assert_eq!(trace["items"].as_array().unwrap().len(), 1);
    // Tables show no value as a dash.
    let (code, out, _) = foreign.run(&["--layout", &layout, "stream", "read", "a"]);
    assert!(code == 0 && out.lines().nth(1).unwrap().trim_start().starts_with('-'), "{out}");
}

#[test]
fn a_row_that_is_no_event_is_named_and_the_events_before_it_are_shown() {
    for (row, reason) in [
        ("('a', 3, 'T', 'no json')", "stream a, version 3: e.d is not JSON"),
        ("('a', 3, NULL, '{}')", "stream a, version 3: e.t has no value"),
        ("('a', 0, 'T', '{}')", "stream a: e.v is 0, and the first version is 1"),
        ("('a', NULL, 'T', '{}')", "stream a: e.v has no value"),
    ] {
        let (foreign, layout) = notes(&format!("INSERT INTO notes VALUES ('a', 1, 'T', '{{}}'), ('a', 2, 'T', '{{}}'), {row}"));
        let output = foreign.esctl.run_on(&foreign.url, &["--layout", &layout, "stream", "read", "a", "-o", "ndjson"]);
        assert!(output.code == 8 && output.stderr.contains(reason), "{row}: {output:?}");
        let shown = if row.contains("3") { 2 } else { 0 };
        assert_eq!(output.stdout.lines().count(), shown, "{row}: {output:?}");
    }
}

#[test]
fn a_stream_whose_last_event_is_broken_is_listed_and_its_earlier_versions_are_replayed() {
    let (foreign, layout) = notes(
        "INSERT INTO notes VALUES ('a', 1, 'T', '{\"n\":1}'), ('a', 2, 'T', '{}'), ('a', 3, NULL, '{}'), ('b', 1, 'T', '{}'),
            ('c', 1, 'T', '{}'), ('c', 'x', 'T', '{}')",
    );
    let output = foreign.esctl.run_on(&foreign.url, &["--layout", &layout, "stream", "list", "-o", "json"]);
    let listed: Value = serde_json::from_str(&output.stdout).unwrap();
    let versions: Vec<(&Value, &Value)> =
        listed["items"].as_array().unwrap().iter().map(|item| (&item["stream"], &item["version"])).collect();
    assert_eq!(versions, [(&json!("a"), &json!(3)), (&json!("b"), &json!(1)), (&json!("c"), &Value::Null)]);
    assert!(output.code == 8 && output.stderr.contains("stream a, version 3: e.t has no value"), "{output:?}");
    assert!(output.stderr.contains("stream c: e.v is no whole number"), "{output:?}");
    let replay = foreign.read(&layout, &["replay", "a", "--version", "1"]);
    assert_eq!(replay["state"], json!({"n": 1}));
    let (code, error) = foreign.refused(&layout, &["replay", "a"]);
    assert!(code == 8 && error["message"].as_str().unwrap().contains("version 3"), "{error}");
}

#[test]
fn numbers_keep_their_digits_and_versions_reach_the_largest() {
    let (foreign, layout) = notes(
        "INSERT INTO notes VALUES ('a', 7, 'T', '{\"n\":123456789012345678901234567890}'), ('a', 9223372036854775807, 'T', '{}')",
    );
    let output = foreign.esctl.run_on(&foreign.url, &["--layout", &layout, "stream", "read", "a", "-o", "ndjson"]);
    assert!(output.code == 0 && output.stdout.contains("\"n\":123456789012345678901234567890"), "{output:?}");
    assert!(output.stdout.contains("\"version\":9223372036854775807"), "{output:?}");
}

#[test]
fn long_streams_with_holes_and_doubles_are_read_page_by_page() {
    let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
        INSERT INTO notes SELECT 'a', 3 * i - 2, 'T', '{}' FROM n;
        INSERT INTO notes SELECT 'b-' || (v / 3), 1, 'T', '{}' FROM notes;
        INSERT INTO notes VALUES ('a', 2998, 'T', '{\"again\":true}')";
    let (foreign, layout) = notes(rows);
    let count = |args: &[&str]| {
        let output = foreign.esctl.run_on(&foreign.url, &[&["--layout", &layout], args, &["-o", "ndjson"]].concat());
        assert_eq!(output.code, 0, "{args:?}: {output:?}");
        output.stdout.lines().count()
    };
    // Version 2998 is there twice, at the end of the first thousand.
    assert_eq!(count(&["stream", "read", "a"]), 2501);
    assert_eq!(count(&["stream", "read", "a", "--backwards"]), 2501);
    assert_eq!(count(&["stream", "list"]), 2501);
    let stats = foreign.read(&layout, &["stats"]);
    assert_eq!((&stats["events"], &stats["streams"]), (&json!(5001), &json!(2501)));
}

#[test]
fn positions_from_zero_are_moved_by_one_and_shown_under_source() {
    let foreign = Foreign::sqlite(
        "CREATE TABLE notes (p INTEGER PRIMARY KEY, s TEXT, v INTEGER, t TEXT, d TEXT, UNIQUE (s, v));
        INSERT INTO notes VALUES (0, 'a', 1, 'T', '{}'), (1, 'a', 2, 'T', '{}')",
    );
    let layout = foreign.file("notes.toml", &LAYOUT.replace("[events]", "[events]\nposition = { column = \"e.p\", first = 0 }"));
    let page = foreign.read(&layout, &["stream", "read", "--all", "--limit", "1"]);
    assert_eq!(
        (&page["items"][0]["position"], &page["items"][0]["source"], &page["next"]),
        (&json!(1), &json!({"position": 0}), &json!("1"))
    );
    let rest = foreign.read(&layout, &["stream", "read", "--all", "--after", "1"]);
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["items"][0]["version"]), (1, &json!(2)));
}

#[test]
fn positions_do_not_depend_on_the_events_that_are_there() {
    let foreign = Foreign::sqlite(
        "CREATE TABLE notes (p INTEGER PRIMARY KEY, s TEXT, v INTEGER, t TEXT, d TEXT, UNIQUE (s, v));
        INSERT INTO notes VALUES (0, 'a', 1, 'A', '{}'), (1, 'a', 2, 'B', '{}'), (2, 'a', 3, 'C', '{}'), (3, 'a', 4, 'D', '{}')",
    );
    let from_zero =
        foreign.file("zero.toml", &LAYOUT.replace("[events]", "[events]\nposition = { column = \"e.p\", first = 0 }"));
    let from_one = foreign.file("one.toml", &LAYOUT.replace("[events]", "[events]\nposition = \"e.p\""));
    let page = foreign.read(&from_zero, &["stream", "read", "--all", "--limit", "2"]);
    assert_eq!(page["next"], json!("2"));
    // Position 0 is no position without `first = 0`, here and in a check.
    let (code, error) = foreign.refused(&from_one, &["stream", "read", "--all"]);
    let message = error["message"].as_str().unwrap();
    assert!(code == 8 && message.contains("e.p is 0, and the first position is 1") && message.contains("first = 0"), "{error}");
    let (code, out, _) = foreign.run(&["layout", "check", &from_one]);
    assert!(code == 1 && out.contains("e.p is 0"), "{out}");
    // The first event goes to an archive. A cursor keeps its meaning.
    let file = foreign.url.strip_prefix("sqlite:").unwrap();
    rusqlite::Connection::open(file).unwrap().execute_batch("DELETE FROM notes WHERE p = 0").unwrap();
    for layout in [&from_zero, &from_one] {
        let after = if *layout == from_zero { "2" } else { "1" };
        let rest = foreign.read(layout, &["stream", "read", "--all", "--after", after]);
        let types: Vec<&str> = rest["items"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["C", "D"]);
    }
    for lowest in ["-9223372036854775808", "-5"] {
        let sql = format!("UPDATE notes SET p = {lowest} WHERE v = 2");
        rusqlite::Connection::open(file).unwrap().execute_batch(&sql).unwrap();
        for layout in [&from_zero, &from_one] {
            let (code, error) = foreign.refused(layout, &["stream", "read", "--all"]);
            assert!(code == 8 && error["message"].as_str().unwrap().contains("e.p is "), "{lowest}: {error}");
        }
    }
    let (code, _, error) = foreign.run(&[
        "layout",
        "show",
        &foreign.file("two.toml", &LAYOUT.replace("[events]", "[events]\nposition = { column = \"e.p\", first = 2 }")),
    ]);
    assert!(code == 2 && error.contains("0 or 1"), "{error}");
}

#[test]
fn auto_takes_the_only_layout_that_fits() {
    let foreign = Foreign::sqlite(&format!(
        "{}; INSERT INTO events VALUES ('wallet', 'w-1', 1, 'Opened', '1.0', '{{\"Opened\":{{\"owner\":\"Ann\"}}}}', '{{}}');",
        fixture("sqlite-es.sql")
    ));
    let events = foreign.read("auto", &["stream", "read", "wallet-w-1"]);
    assert_eq!(
        (&events["items"][0]["data"], &events["items"][0]["source"]),
        (&json!({"owner": "Ann"}), &json!({"schema_version": "1.0"}))
    );
    // A name in the environment, and in a context.
    let mut command = foreign.esctl.command();
    command.env("ESCTL_STORE", &foreign.url).env("ESCTL_LAYOUT", "sqlite-es").args([
        "stream",
        "show",
        "wallet-w-1",
        "-o",
        "json",
    ]);
    assert_eq!(command.output().unwrap().status.code(), Some(0));
    let mut command = foreign.esctl.command();
    command.args(["context", "add", "old", "--store", &foreign.url, "--layout", "sqlite-es"]);
    assert_eq!(command.output().unwrap().status.code(), Some(0));
    for (args, expected) in [(["stream", "show", "wallet-w-1"], 0), (["resource", "show", "gold"], 2)] {
        let mut command = foreign.esctl.command();
        let output = command.args(["--context", "old"]).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(expected), "{output:?}");
    }
    // Two layouts, none, and one for another engine.
    let both = Foreign::sqlite(&format!(
        "{}; {}",
        fixture("eventsourcing-sqlite.sql").replace("snapshots", "other"),
        fixture("sqlite-es.sql")
    ));
    let (code, error) = both.refused("auto", &["stream", "list"]);
    let message = error["message"].as_str().unwrap();
    assert!(
        code == 2 && message.contains("sqlite-es with events") && message.contains("eventsourcing-sqlite with stored_events"),
        "{error}"
    );
    assert_eq!(Foreign::sqlite("CREATE TABLE x (y)").refused("auto", &["stream", "list"]).0, 3);
    assert_eq!(foreign.refused("message-db", &["stream", "list"]).0, 2);
    assert_eq!(foreign.refused("emmett-sqlite", &["stream", "list"]).0, 3);
    assert_eq!(foreign.refused("sqlite-ez", &["stream", "list"]).0, 3);
}
