//! `esctl verify` with a layout: stores that were damaged on purpose, and undamaged stores of every built-in layout.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::layout::log::Log;
use crate::layout::log::event;
use crate::layout::log::found;
use crate::layout::stores::Foreign;
use crate::layout::stores::ON_MONGODB;
use crate::layout::stores::ON_POSTGRES;
use crate::layout::stores::ON_SQLITE;
use crate::layout::stores::fixture;

/// Each damage, the findings and the notes about it, and a part of the first message.
fn damages() -> Vec<(&'static str, Log, Vec<&'static str>, &'static str)> {
    let with = |table: usize, row: Value| {
        let mut log = Log::new();
        log.rows[table].push(row.as_array().unwrap().clone());
        log
    };
    let without = |table: usize, row: usize| {
        let mut log = Log::new();
        log.rows[table].remove(row);
        log
    };
    let changed = |table: usize, row: usize, column: usize, value: Value| {
        let mut log = Log::new();
        log.rows[table][row][column] = value;
        log
    };
    let mut holes = without(0, 1);
    holes.rows[3].remove(0);
    vec![
        ("nothing", Log::new(), vec![], ""),
        ("holes", holes, vec!["note gap - - 2", "note gap a 2 -"], "position 2 is missing"),
        ("no unique index", Log::new().without_index(), vec!["index - - -"], "no unique index of log has s, v"),
        (
            "a version twice",
            Log::new().without_index().with(event(6, "a", 3, "{}")),
            vec!["index - - -", "version a 3 6"],
            "no unique index",
        ),
        (
            "a position twice",
            with(0, json!([5, "b", 3, "T", 0, "k", "{}"])),
            vec!["position b 3 5", "position b 3 5", "stream b 3 -"],
            "the position is there twice: also version 2 of stream b",
        ),
        ("a position that goes back", changed(0, 4, 0, json!(0)), vec!["row b 2 -", "checkpoint - - 5"], "e.id is 0"),
        (
            "an id twice",
            changed(0, 4, 5, json!("k1")),
            vec!["id b 2 5"],
            "event id k1 is there twice: also version 1 of stream a",
        ),
        ("no JSON", changed(0, 2, 6, json!("{\"gold\":")), vec!["row b 1 3"], "is not JSON"),
        ("no version", changed(0, 4, 2, Value::Null), vec!["row b - 5", "stream b 1 -"], "has no value"),
        ("no type", changed(0, 2, 3, Value::Null), vec!["row b 1 3"], "the event has no type"),
        ("a time in the future", changed(0, 2, 4, json!(4_070_908_800_000_i64)), vec!["time b 1 3"], "is in the future"),
        (
            "a stream that lags in the table",
            changed(1, 0, 1, json!(2)),
            vec!["stream a 3 -"],
            "has version 2, and the last event version 3",
        ),
        ("a stream that is not in the table", without(1, 1), vec!["stream b 2 -"], "the table of streams lacks it"),
        ("a stream without events", with(1, json!(["c", 4])), vec!["stream c 0 -"], "the stream has no events"),
        ("an empty stream", with(1, json!(["c", 0])), vec![], ""),
        (
            "a checkpoint beyond the head",
            with(2, json!(["news", 9, null])),
            vec!["checkpoint - - 9"],
            "checkpoint news: beyond the last event",
        ),
        (
            "a checkpoint of no category",
            with(2, json!(["news", 5, "zoo"])),
            vec!["note checkpoint - - 5"],
            "no event of category zoo",
        ),
        (
            "a snapshot that differs",
            changed(3, 0, 2, json!("{\"gold\":120}")),
            vec!["snapshot a 2 -"],
            "at /gold: it has 120, and reducer merge makes 2",
        ),
        (
            "a snapshot of more events",
            with(3, json!(["b", 7, "{}"])),
            vec!["snapshot b 7 -"],
            "covers version 7, and the stream ends at version 2",
        ),
        ("a snapshot of no stream", with(3, json!(["z", 1, "{}"])), vec!["snapshot z 1 -"], "the stream has no events"),
        ("a snapshot without JSON", with(3, json!(["b", 2, "{"])), vec!["snapshot b 2 -"], "is not JSON"),
    ]
}

fn each_damage_is_found(on: Backend) {
    let mut wrong = Vec::new();
    for (name, log, expected, message) in damages() {
        let store = log.make(on);
        let (code, report) = store.verify(&["--reducer", "merge"]);
        let is_damaged = expected.iter().any(|line| !line.starts_with("note"));
        let lines = found(&report);
        let first = report["findings"].get(0).or(report["notes"].get(0)).map_or("", |it| it["message"].as_str().unwrap());
        // Field names of MongoDB have no alias.
        let message =
            if on == Backend::Sqlite || on == Backend::Postgres { message.to_owned() } else { message.replace("e.id", "id") };
        let ok = report["ok"] == !is_damaged && code == if is_damaged { 8 } else { 0 };
        if lines != expected || !first.contains(&message) || !ok {
            wrong.push(format!("{name}: {code} {lines:?}, expected {expected:?}; {first}"));
        }
        assert_eq!(report["head_hash"], Value::Null);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn one_stream_is_verified(on: Backend) {
    let log = Log::new().without_index().with(event(6, "a", 3, "{}")).with(event(7, "b", 9, "{"));
    let store = log.make(on);
    let (code, report) = store.verify(&["a", "--reducer", "merge"]);
    assert_eq!((code, found(&report)), (8, vec!["index - - -".to_owned(), "version a 3 6".to_owned()]));
    assert_eq!((&report["events"], &report["streams"], &report["snapshots"]), (&json!(4), &json!(1), &json!(2)));
    let (_, report) = store.verify(&["b"]);
    assert_eq!(found(&report), ["index - - -", "row b 9 7", "stream b 9 -", "note gap b 3 -"]);
    let (code, out, error) = store.run(&["verify", "c", "-o", "json"]);
    assert!(code == 3 && out.is_empty() && error.contains("there is no stream"), "{code} {out} {error}");
}

fn built_in_stores_have_no_findings(names: &[&str], on: Backend) {
    let mut wrong = Vec::new();
    for name in names {
        let foreign = match (*name, on) {
            // One message id is there twice in the fixture.
            ("emmett-mongodb", _) => {
                let mut stores: Value = serde_json::from_str(&fixture("mongodb.json")).unwrap();
                stores[name]["emt:order"]["documents"][0]["messages"][0]["metadata"]["messageId"] = "m3".into();
                Foreign::mongodb(on, &stores[name])
            }
            _ => Foreign::of_layout(name, on),
        };
        let (code, out, error) = foreign.run(&["verify", "--layout", name, "-o", "json"]);
        let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{name}: {code} {out} {error}"));
        if code != 0 || report["findings_total"] != 0 || report["events"].as_u64().unwrap() == 0 {
            wrong.push(format!("{name}: {code} {} {:?}", report["events"], found(&report)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_damage_is_found_on_sqlite() {
    each_damage_is_found(Backend::Sqlite);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn each_damage_is_found_on_postgresql() {
    each_damage_is_found(Backend::Postgres);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn each_damage_is_found_on_mongodb() {
    each_damage_is_found(Backend::MongoReplicaSet);
}

#[test]
fn one_stream_is_verified_on_sqlite() {
    one_stream_is_verified(Backend::Sqlite);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn one_stream_is_verified_on_servers() {
    one_stream_is_verified(Backend::Postgres);
    one_stream_is_verified(Backend::MongoStandalone);
}

#[test]
fn built_in_stores_on_sqlite_have_no_findings() {
    built_in_stores_have_no_findings(&ON_SQLITE, Backend::Sqlite);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn built_in_stores_on_servers_have_no_findings() {
    built_in_stores_have_no_findings(&ON_POSTGRES, Backend::Postgres);
    built_in_stores_have_no_findings(&ON_MONGODB, Backend::MongoReplicaSet);
}

/// Without an index that begins with the position, rows come in another order.
#[test]
fn positions_are_checked_in_any_order_of_rows() {
    let log = Log::new().without_index().with(event(2, "c", 1, "{}"));
    let store = log.make(Backend::Sqlite);
    rusqlite::Connection::open(store.foreign.url.strip_prefix("sqlite:").unwrap())
        .unwrap()
        .execute_batch("DROP INDEX log_position")
        .unwrap();
    let (_, report) = store.verify(&[]);
    assert_eq!(found(&report), ["index - - -", "position c 1 2", "stream c 1 -", "id c 1 2"]);
}

#[test]
fn every_format_has_the_findings_and_flags_of_a_hash_chain_are_refused() {
    let store = Log::new().without_index().with(event(9, "a", 3, "{}")).make(Backend::Sqlite);
    let (code, out, error) = store.run(&["verify"]);
    assert_eq!(code, 8, "{out} {error}");
    for part in
        ["damaged", "hash chain", "the version is there twice: also at position 4", "mails", "positions 6 to 8 are missing"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
    for format in ["json", "ndjson", "csv", "yaml"] {
        let (code, out, _) = store.run(&["verify", "-o", format]);
        assert!(code == 8 && out.contains("the version is there twice"), "{format}: {out}");
    }
    for args in [&["verify", "--head", &format!("1:{}", "0".repeat(64))][..], &["verify", "--reducer", "resource"]] {
        let (code, _, error) = store.run(args);
        assert_eq!(code, 2, "{args:?}: {error}");
    }
    let (code, _, error) = store.foreign.run(&["verify", "--reducer", "merge"]);
    assert!(code == 2 && error.contains("--layout"), "{error}");
}

/// Streams with one name differ by the values of their columns.
#[test]
fn two_streams_with_one_name_are_no_doubles() {
    let foreign = Foreign::sqlite(
        "CREATE TABLE log (k TEXT, i TEXT, v INT, t TEXT, d TEXT, UNIQUE (k, i, v));
         INSERT INTO log VALUES ('a', 'b-c', 1, 'T', '{}'), ('a-b', 'c', 1, 'T', '{}'), ('a', 'x', 1, 'T', '{}')",
    );
    let layout = "title = \"t\"\nengine = \"sqlite\"\n[events]\nfrom = \"log\"\nstream = { parts = [\"k\", \"i\"] }\n\
                  version = { column = \"v\", first = 1 }\ntype = \"t\"\ndata = { column = \"d\" }\n";
    let report = foreign.read(&foreign.file("log.toml", layout), &["verify"]);
    assert_eq!((&report["ok"], &report["streams"], &report["head_position"]), (&json!(true), &json!(3), &Value::Null));
}
