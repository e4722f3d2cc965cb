//! `esctl snapshot list|show|verify` with a layout that names a table of snapshots.

use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::layout::log::Log;
use crate::layout::log::LogStore;
use crate::layout::read_odd::notes;

fn json(store: &LogStore, args: &[&str]) -> (i32, Value, String) {
    let (code, out, err) = store.run(&[&["snapshot"], args, &["-o", "json"]].concat());
    (code, serde_json::from_str(&out).unwrap_or_default(), err)
}

/// Returns stream, version and result of each row.
fn results(report: &Value) -> Vec<(String, u64, String)> {
    let row = |row: &Value| {
        let text = |field: &str| row[field].as_str().unwrap().to_owned();
        (text("stream"), row["version"].as_u64().unwrap(), text("result"))
    };
    let mut rows: Vec<_> = report["items"].as_array().unwrap().iter().map(row).collect();
    rows.sort();
    rows
}

fn snapshots_are_read(on: Backend) {
    let mut log = Log::new();
    for row in [json!(["b", 1, "{\"gold\":7}"]), json!(["b", 9, "{}"]), json!(["c", 1, "{}"])] {
        log.rows[3].push(row.as_array().unwrap().clone());
    }
    let store = log.make(on);
    let (code, list, err) = json(&store, &["list"]);
    assert!(code == 0 && list["items"].as_array().unwrap().len() == 5, "{err} {list}");
    let (_, list, _) = json(&store, &["list", "a"]);
    let first = &list["items"].as_array().unwrap().iter().find(|item| item["version"] == 2).unwrap();
    assert_eq!(
        **first,
        json!({"stream": "a", "version": 2, "reducer": null, "reducer_version": null, "taken_at": null, "bytes": 10})
    );
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    let (_, newest, _) = json(&store, &["show", "a"]);
    assert_eq!((&newest["version"], &newest["state"]), (&json!(3), &json!({"gold": 99.0})));
    let (_, earlier, _) = json(&store, &["show", "a", "--version", "2"]);
    assert_eq!((&earlier["version"], &earlier["state"]), (&json!(2), &json!({"gold": 2})));
    let (code, _, err) = json(&store, &["show", "a", "--version", "1"]);
    assert!(code == 3 && err.contains("no snapshot at version 1"), "{code} {err}");

    // Without a reducer, only the versions are compared.
    let (code, report, err) = json(&store, &["verify"]);
    let found = |result: [&str; 5]| {
        let rows = [("a", 2), ("a", 3), ("b", 1), ("b", 9), ("c", 1)].into_iter().zip(result);
        rows.map(|((stream, version), result)| (stream.to_owned(), version, result.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(results(&report), found(["not_checked", "not_checked", "not_checked", "differs", "differs"]));
    assert!(code == 1 && err.contains("3 snapshots were not compared") && err.contains("--reducer"), "{code} {err}");
    for reducer in ["merge", "jq: (.state // {}) + .event.data"] {
        let (code, report, err) = json(&store, &["verify", "--reducer", reducer]);
        assert_eq!(results(&report), found(["fits", "fits", "differs", "differs", "differs"]), "{reducer}: {err}");
        assert!(code == 1 && err.contains("3 of 5 snapshots differ"), "{code} {err}");
    }
    let (code, report, _) = json(&store, &["verify", "a", "--reducer", "merge"]);
    assert!(code == 0 && report["items"][0]["reducer"] == "merge" && report["items"][0]["ok"] == true, "{report}");
    for (args, words) in [
        (vec!["take", "a"], "this command writes"),
        (vec!["prune", "--keep", "1"], "this command writes"),
        (vec!["show", "a", "--reducer", "merge"], "name no reducer"),
        (vec!["verify", "--reducer", "game"], "folds only events of esctl"),
    ] {
        let (code, _, err) = json(&store, &args);
        assert!(code == 2 && err.contains(words), "{args:?}: {code} {err}");
    }
}

#[test]
fn snapshots_of_a_sqlite_file_are_read() {
    snapshots_are_read(Backend::Sqlite);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn snapshots_of_a_postgresql_table_are_read() {
    snapshots_are_read(Backend::Postgres);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn snapshots_of_a_mongodb_collection_are_read() {
    for on in [Backend::MongoReplicaSet, Backend::MongoStandalone] {
        snapshots_are_read(on);
    }
}

#[test]
fn a_layout_without_snapshots_says_so() {
    let (foreign, layout) = notes("SELECT 1");
    for args in [&["snapshot", "list"][..], &["snapshot", "show", "a"], &["snapshot", "verify"]] {
        let (code, error) = foreign.refused(&layout, args);
        assert!(code == 2 && error["code"] == "no_snapshots", "{args:?}: {error}");
    }
    // A state that is no JSON is shown as a text by no command, and is named.
    let mut log = Log::new();
    log.rows[3].push(vec!["b".into(), 1.into(), "{".into()]);
    let store = log.make(Backend::Sqlite);
    let (code, shown, err) = json(&store, &["show", "b"]);
    assert!(code == 8 && shown["state"].is_null() && err.contains("snapshot_not_readable"), "{code} {shown} {err}");
}
