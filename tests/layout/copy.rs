//! Copies of stores of other programs into stores of esctl: nothing is missing, doubled or changed.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::layout::stores::Foreign;
use crate::layout::stores::ON_MONGODB;
use crate::layout::stores::ON_POSTGRES;
use crate::layout::stores::ON_SQLITE;

const TARGETS: [Backend; 4] = [Backend::Sqlite, Backend::Postgres, Backend::MongoReplicaSet, Backend::MongoStandalone];
/// A table whose values esctl cannot hold as they are.
const ODD: &str = r#"
    CREATE TABLE notes (id INTEGER PRIMARY KEY, note, v INT, kind TEXT, at TEXT, body, meta, key);
    INSERT INTO notes VALUES
        (2, 'n-1', 0, 'A', '2026-11-01 10:00:00', '{"n": 123456789012345678901234567890, "f": 1.0, "e": 1e400}', '{"source":"web"}', 'k1'),
        (3, 'n-1', 2, 'B', '2026-11-01 09:00:00', '[1.50, null, "é"]', '{"original_time":"noon","a":{"b":1}}', 'k1'),
        (5, 'n-2', 0, 'A', NULL, '"a\u0000b"', NULL, NULL),
        (7, 'n-2', 1, 'B', '1970-01-01 00:00:00', NULL, 'no json', '00000000-0000-0000-0000-000000000000'),
        (8, 'n-3', 0, 'A', '2026-11-01 10:00:00', x'FF00', '{"a":1,"a":2}', '6BA7B810-9DAD-11D1-80B4-00C04FD430C8'),
        (9, 'n-3', 1, 'A', '9999-12-01 10:00:00', '{"$number":"7","\ud800":1}', '{}', 'k9');
"#;
const ODD_LAYOUT: &str = r#"
title  = "Notes"
engine = "sqlite"
[events]
from     = "notes"
position = "e.id"
stream   = { parts = ["e.note"] }
version  = { column = "e.v", first = 0 }
type     = "e.kind"
time     = { column = "e.at", as = "utc" }
id       = "e.key"
data     = { column = "e.body", as = "bytes" }
metadata = { column = "e.meta", as = "text" }
"#;

/// Runs a copy; its exit code and its report.
pub fn copy(foreign: &Foreign, layout: &str, target: &str, args: &[&str]) -> (i32, Value, String) {
    let line = ["copy", "--from", &foreign.url, "--from-layout", layout, "--to", target, "-o", "json"];
    let output = foreign.esctl.run_on("sqlite::memory:", &[&line, args].concat());
    (output.code, serde_json::from_str(&output.stdout).unwrap_or_default(), output.stderr)
}

/// Returns the JSON of a command on a store of esctl.
#[track_caller]
pub fn on(foreign: &Foreign, store: &str, args: &[&str]) -> Value {
    let output = foreign.esctl.run_on(store, &[args, &["-o", "json"]].concat());
    assert_eq!(output.code, 0, "{args:?}: {output:?}");
    serde_json::from_str(&output.stdout).unwrap()
}

/// Copies a store, and checks that the digests are equal, that a second run copies nothing, and that the chain is whole.
#[track_caller]
fn is_copied(foreign: &Foreign, layout: &str, to: Backend, args: &[&str]) -> String {
    let target = foreign.esctl.another_place(to);
    let (code, report, err) = copy(foreign, layout, &target.url, args);
    assert_eq!((code, &report["ok"]), (0, &json!(true)), "{layout} {to:?}: {report} {err}");
    assert!(report["events_copied"].as_u64().unwrap() > 0, "{layout}: {report}");
    let (source, copied) = (foreign.read(layout, &["digest"]), on(foreign, &target.url, &["digest"]));
    if !args.contains(&"--rename") {
        assert_eq!((&source["events"], &source["digest"]), (&copied["events"], &copied["digest"]), "{layout} {to:?}");
    }
    assert_eq!(report["source"]["digest"], copied["digest"], "{layout} {to:?}");
    let (code, again, err) = copy(foreign, layout, &target.url, args);
    assert_eq!((code, &again["events_copied"]), (0, &json!(0)), "{layout} {to:?}: {again} {err}");
    assert_eq!(again["already_there"], report["events_copied"], "{layout} {to:?}");
    on(foreign, &target.url, &["verify"]);
    on(foreign, &target.url, &["projection", "run"]);
    let events = foreign.esctl.run_on(&target.url, &["stream", "read", "--all", "-o", "ndjson"]);
    events.stdout
}

/// Returns the arguments with which the store of a library is copied.
fn arguments(layout: &str) -> &'static [&'static str] {
    match layout {
        "rails-event-store" | "commanded" => &["--rename", ".stream |= ltrimstr(\"$\")"],
        _ => &[],
    }
}

fn libraries(names: &[&str], from: Backend) {
    for name in names {
        let foreign = Foreign::of_layout(name, from);
        for to in TARGETS {
            is_copied(&foreign, name, to, arguments(name));
        }
    }
}

#[test]
fn stores_of_libraries_on_sqlite_are_copied() {
    for name in ON_SQLITE {
        is_copied(&Foreign::of_layout(name, Backend::Sqlite), name, Backend::Sqlite, &[]);
    }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn stores_of_libraries_on_sqlite_are_copied_to_every_backend() {
    libraries(&ON_SQLITE, Backend::Sqlite);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn stores_of_libraries_on_postgresql_are_copied_to_every_backend() {
    libraries(&ON_POSTGRES, Backend::Postgres);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn stores_of_libraries_on_mongodb_are_copied_to_every_backend() {
    for from in [Backend::MongoReplicaSet, Backend::MongoStandalone] {
        libraries(&ON_MONGODB, from);
    }
}

fn odd_values(to: Backend) {
    let foreign = Foreign::sqlite(ODD);
    let layout = foreign.file("odd.toml", ODD_LAYOUT);
    let events = is_copied(&foreign, &layout, to, &[]);
    let events: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let part = |number: usize, path: &str| events[number].pointer(path).cloned().unwrap_or_default();
    assert_eq!(part(0, "/data/n/$number"), "123456789012345678901234567890");
    assert_eq!(part(0, "/data/f").to_string(), "1.0");
    assert_eq!(part(0, "/metadata/source/metadata/source"), "web");
    assert_eq!((part(0, "/metadata/source/version"), part(1, "/metadata/source/version")), (json!(0), json!(2)));
    assert_eq!((part(0, "/version"), part(1, "/version")), (json!(1), json!(2)));
    assert_eq!(
        (part(1, "/recorded_at"), part(1, "/metadata/original_time")),
        (json!("2026-11-01T10:00:00.000001Z"), json!("2026-11-01T09:00:00.000000Z"))
    );
    assert_eq!(part(1, "/data/value"), json!([1.5, null, "é"]));
    // The second event with an id gets another one, and an event without an id says so.
    assert_ne!(part(0, "/event_id"), part(1, "/event_id"));
    assert_eq!((part(1, "/metadata/source/id"), part(2, "/metadata/source/id")), (json!("k1"), Value::Null));
    assert_eq!((part(2, "/data/value/$text"), part(2, "/metadata/original_time")), (json!("a\\u0000b"), Value::Null));
    assert_eq!(part(3, "/metadata/original_time"), "1970-01-01T00:00:00.000000Z");
    assert_eq!(part(4, "/data/$bytes"), "/wA=");
    assert_eq!(part(4, "/metadata/source/id"), "6BA7B810-9DAD-11D1-80B4-00C04FD430C8");
    assert_eq!(part(5, "/metadata/original_time"), "9999-12-01T10:00:00.000000Z");
}

#[test]
fn values_that_esctl_cannot_hold_come_back_in_the_digest() {
    odd_values(Backend::Sqlite);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn values_that_esctl_cannot_hold_come_back_in_the_digest_on_servers() {
    TARGETS[1..].iter().for_each(|to| odd_values(*to));
}

#[test]
fn a_digest_has_no_order_and_knows_streams_and_categories() {
    let foreign = Foreign::sqlite(ODD);
    let layout = foreign.file("odd.toml", ODD_LAYOUT);
    let all = foreign.read(&layout, &["digest"]);
    let sum = |digest: &Value| u64::from_str_radix(&digest["digest"].as_str().unwrap()[48..], 16).unwrap();
    let parts: Vec<Value> = ["n-1", "n-2", "n-3"].iter().map(|stream| foreign.read(&layout, &["digest", stream])).collect();
    assert_eq!(parts.iter().map(|part| part["events"].as_u64().unwrap()).sum::<u64>(), 6);
    assert_eq!(parts.iter().map(sum).fold(0_u64, u64::wrapping_add), sum(&all));
    assert_eq!(foreign.read(&layout, &["digest", "--category", "n"])["digest"], all["digest"]);
    assert_eq!(foreign.refused(&layout, &["digest", "n-4"]).0, 3);
    // A part is copied as such.
    let target = foreign.esctl.another_place(Backend::Sqlite);
    let (code, report, err) = copy(&foreign, &layout, &target.url, &["n-1", "n-3"]);
    assert_eq!((code, &report["events_copied"]), (0, &json!(4)), "{err}");
    assert_eq!(on(&foreign, &target.url, &["digest", "n-3"])["digest"], parts[2]["digest"]);
    let (code, _, err) = copy(&foreign, &layout, &target.url, &["n-2"]);
    assert!(code == 4 && err.contains("is another copy: streams was"), "{code} {err}");
}

#[test]
fn a_name_that_esctl_refuses_is_listed_before_anything_is_written() {
    let sql = ODD.replace("'n-2'", "'$n-2'").replace("'B'", "''").replace("'n-3'", "'e\u{301}-1'");
    let foreign = Foreign::sqlite(&sql);
    let layout = foreign.file("odd.toml", ODD_LAYOUT);
    let target = foreign.esctl.another_place(Backend::Sqlite);
    let (code, _, err) = copy(&foreign, &layout, &target.url, &[]);
    let error: Value = serde_json::from_str::<Value>(err.lines().last().unwrap()).unwrap()["error"].clone();
    assert_eq!((code, &error["code"]), (2, &json!("names_refused")), "{err}");
    let names: Vec<&str> =
        error["details"]["names"].as_array().unwrap().iter().map(|name| name["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["$n-2", "e\u{301}-1", ""], "{err}");
    assert_eq!(foreign.esctl.run_on(&target.url, &["digest"]).code, 3);
    let rename = "if .stream == \"$n-2\" then .stream = \"n-2\" elif .stream == \"n-1\" then . else .stream = \"n-3\" end | if .type == \"\" then .type = \"B\" else . end";
    let (code, report, err) = copy(&foreign, &layout, &target.url, &["--rename", rename]);
    assert_eq!((code, &report["ok"]), (0, &json!(true)), "{err}");
    // The digest of the names after the change is that of a store with these names.
    let named = Foreign::sqlite(ODD);
    assert_eq!(
        on(&foreign, &target.url, &["digest"])["digest"],
        named.read(&named.file("odd.toml", ODD_LAYOUT), &["digest"])["digest"]
    );
}

#[test]
fn a_program_changes_events_or_leaves_them_out() {
    let foreign = Foreign::sqlite(ODD);
    let layout = foreign.file("odd.toml", ODD_LAYOUT);
    let target = foreign.esctl.another_place(Backend::Sqlite);
    let transform = "select(.stream != \"n-2\") | .type |= ascii_downcase | .data = {was: .data, at: .recorded_at}";
    let (code, report, err) = copy(&foreign, &layout, &target.url, &["--transform", transform]);
    assert_eq!(
        (code, &report["ok"], &report["events_copied"], &report["left_out"]),
        (0, &json!(true), &json!(4), &json!(2)),
        "{err}"
    );
    let events = on(&foreign, &target.url, &["stream", "read", "n-1"]);
    assert_eq!(
        (&events["items"][1]["type"], &events["items"][1]["data"]["was"]),
        (&json!("b"), &json!({"value": [1.5, null, "é"]}))
    );
    let (code, again, _) = copy(&foreign, &layout, &target.url, &["--transform", transform]);
    assert_eq!((code, &again["events_copied"], &again["already_there"]), (0, &json!(0), &json!(4)));
    for (bad, part) in [
        (".stream = \"x\"", "use --rename"),
        ("5", "returned no event"),
        (".data = 5", "expected a JSON object"),
        (".type = 1", "expected a text"),
    ] {
        let other = foreign.esctl.another_place(Backend::Sqlite);
        let (code, _, err) = copy(&foreign, &layout, &other.url, &["--transform", bad]);
        assert!(code == 2 && err.contains(part) && err.contains("stream n-1, version 1"), "{bad}: {code} {err}");
    }
}

#[test]
fn a_late_event_stops_its_stream_or_is_appended() {
    let foreign = Foreign::sqlite(ODD);
    let layout = foreign.file("odd.toml", ODD_LAYOUT);
    let target = foreign.esctl.another_place(Backend::Sqlite);
    assert_eq!(copy(&foreign, &layout, &target.url, &[]).0, 0);
    let path = foreign.esctl.path("foreign.db");
    let sql = "INSERT INTO notes VALUES (1, 'n-1', 1, 'Late', '2026-11-01 10:00:00', '{}', '{}', 'l'),
        (10, 'n-1', 3, 'New', '2026-11-02 10:00:00', '{}', '{}', 'm'), (11, 'n-2', 2, 'New', '2026-11-02 10:00:00', '{}', '{}', 'n')";
    rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let (code, report, err) = copy(&foreign, &layout, &target.url, &[]);
    assert_eq!(
        (code, &report["events_copied"], &report["late"]["events"], &report["not_copied"]["events"]),
        (8, &json!(1), &json!(1), &json!(2)),
        "{err}"
    );
    assert_eq!(report["late"]["first"], json!([{"stream": "n-1", "version": 2, "position": 1}]));
    assert!(err.contains("copy_differs") && err.contains("--late append"), "{err}");
    let (code, report, err) = copy(&foreign, &layout, &target.url, &["--late", "append"]);
    assert_eq!((code, &report["events_copied"], &report["ok"]), (0, &json!(2), &json!(true)), "{err}");
    let events = on(&foreign, &target.url, &["stream", "read", "n-1"]);
    assert_eq!((&events["items"][2]["type"], &events["items"][2]["metadata"]["source"]["version"]), (&json!("Late"), &json!(1)));
    // An event that was changed in the source differs from its copy.
    rusqlite::Connection::open(&path).unwrap().execute_batch("UPDATE notes SET body = '{\"x\":1}' WHERE id = 10").unwrap();
    let (code, report, err) = copy(&foreign, &layout, &target.url, &[]);
    assert_eq!((code, &report["differing"]["first"][0]["position"]), (8, &json!(10)), "{err}");
}

#[test]
fn a_damaged_source_ends_the_copy_at_the_place_and_what_is_copied_stays() {
    let foreign = Foreign::sqlite(&ODD.replace("(7, 'n-2', 1,", "(7, 'n-2', 'x',"));
    let layout = foreign.file("odd.toml", ODD_LAYOUT);
    let target = foreign.esctl.another_place(Backend::Sqlite);
    let (code, _, err) = copy(&foreign, &layout, &target.url, &[]);
    assert!(
        code == 8 && err.contains("e.v is no whole number") && err.contains("the 3 events before it are in the target"),
        "{code} {err}"
    );
    assert_eq!(on(&foreign, &target.url, &["digest"])["events"], 3);
    let path = foreign.esctl.path("foreign.db");
    rusqlite::Connection::open(path).unwrap().execute_batch("UPDATE notes SET v = 1 WHERE id = 7").unwrap();
    let (code, report, err) = copy(&foreign, &layout, &target.url, &[]);
    assert_eq!((code, &report["events_copied"], &report["already_there"]), (0, &json!(3), &json!(3)), "{err}");
}

#[test]
fn a_target_with_other_events_is_refused_and_a_dry_run_writes_nothing() {
    let foreign = Foreign::sqlite(ODD);
    let layout = foreign.file("odd.toml", ODD_LAYOUT);
    let target = foreign.esctl.another_place(Backend::Sqlite);
    let (code, report, err) = copy(&foreign, &layout, &target.url, &["--dry-run"]);
    assert_eq!((code, &report["events_copied"], &report["target"]), (0, &json!(6), &Value::Null), "{err}");
    assert_eq!((&report["changed"]["value"]["events"], &report["changed"]["moved"]["events"]), (&json!(3), &json!(2)));
    assert_eq!(foreign.esctl.run_on(&target.url, &["stats"]).code, 3);
    foreign.esctl.run_on(&target.url, &["stream", "append", "x-1", "--type", "t", "--data", "{}"]);
    let before = on(&foreign, &target.url, &["digest"]);
    let (code, _, err) = copy(&foreign, &layout, &target.url, &[]);
    assert!(code == 4 && err.contains("has events and is no copy; copy into an empty store"), "{code} {err}");
    assert_eq!(on(&foreign, &target.url, &["digest"]), before);
    let (code, _, err) = copy(&foreign, &layout, &foreign.url, &[]);
    assert!(code == 2 && err.contains("same_store"), "{code} {err}");
    let output = foreign.esctl.run_on("sqlite::memory:", &["copy", "--from", &foreign.url, "--to", "sqlite:new.db"]);
    assert_eq!(output.code, 9, "{output:?}");
}

const PLAIN: &str = "CREATE TABLE notes (id INTEGER, note, v INT, kind TEXT, body);";

fn plain_layout(position: &str) -> String {
    format!(
        "title = \"Notes\"\nengine = \"sqlite\"\n[events]\nfrom = \"notes\"\n{position}stream = {{ parts = [\"e.note\"] }}\n\
         version = {{ column = \"e.v\", first = 1 }}\ntype = \"e.kind\"\ndata = {{ column = \"e.body\" }}\n"
    )
}

#[test]
fn a_version_after_a_later_one_is_late_also_in_the_first_copy() {
    let rows = "INSERT INTO notes VALUES (1, 'n-1', 1, 'A', '{}'), (2, 'n-1', 3, 'A', '{}'), (3, 'n-1', 2, 'A', '{}'), (4, 'n-2', 1, 'A', '{}')";
    let foreign = Foreign::sqlite(&format!("{PLAIN}{rows}"));
    let layout = foreign.file("notes.toml", &plain_layout("position = \"e.id\"\n"));
    let target = foreign.esctl.another_place(Backend::Sqlite);
    let (code, report, err) = copy(&foreign, &layout, &target.url, &[]);
    assert_eq!((code, &report["events_copied"], &report["late"]["events"]), (8, &json!(3), &json!(1)), "{report} {err}");
    assert_eq!(report["late"]["first"], json!([{"stream": "n-1", "version": 2, "position": 3}]));
    let (code, report, err) = copy(&foreign, &layout, &target.url, &["--late", "append"]);
    assert_eq!((code, &report["events_copied"]), (0, &json!(1)), "{report} {err}");
}

#[test]
fn a_repeated_place_at_the_border_of_a_chunk_is_copied_once_each() {
    let rows = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1000) \
                INSERT INTO notes SELECT n, 'n-1', n, 'A', '{}' FROM number; INSERT INTO notes VALUES (1001, 'n-1', 1000, 'B', '{\"n\":1}')";
    let foreign = Foreign::sqlite(&format!("{PLAIN}{rows}"));
    let layout = foreign.file("notes.toml", &plain_layout(""));
    let target = foreign.esctl.another_place(Backend::Sqlite);
    for copied in [1001, 0] {
        let (code, report, err) = copy(&foreign, &layout, &target.url, &[]);
        assert_eq!((code, &report["events_copied"]), (0, &json!(copied)), "{report} {err}");
    }
}

#[test]
fn a_copy_that_wrote_nothing_binds_no_target() {
    let foreign = Foreign::sqlite(&format!("{PLAIN}INSERT INTO notes VALUES (1, 'n-1', 1, 'A', '{{\"n\":1}}')"));
    let layout = foreign.file("notes.toml", &plain_layout("position = \"e.id\"\n"));
    let target = foreign.esctl.another_place(Backend::Sqlite);
    let (code, _, err) = copy(&foreign, &layout, &target.url, &["nope"]);
    assert!(code == 3 && err.contains("nope"), "{code} {err}");
    let (code, _, err) = copy(&foreign, &layout, &target.url, &["--transform", ".data.n = 1 / 0"]);
    assert_ne!(code, 0, "{err}");
    let (code, report, err) = copy(&foreign, &layout, &target.url, &[]);
    assert_eq!((code, &report["events_copied"]), (0, &json!(1)), "{report} {err}");
}
