//! Every stream of a category.

use serde_json::Value;
use serde_json::json;

use crate::common::a_store;

fn streams(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["stream"].as_str().unwrap()).collect()
}

#[test]
fn each_row_is_what_the_stream_alone_would_show() {
    let esctl = a_store();
    let list = esctl.json(&["replay", "--category", "resource", "--position", "7"]);
    assert_eq!(streams(&list), ["resource-gold", "resource-silver"]);
    for item in list["items"].as_array().unwrap() {
        assert_eq!(*item, esctl.json(&["replay", item["stream"].as_str().unwrap(), "--position", "7"]));
    }
    assert_eq!(list["next"], Value::Null);
}

#[test]
fn streams_that_came_later_are_not_there_yet() {
    let esctl = a_store();
    let list = esctl.json(&["replay", "--category", "resource", "--position", "3"]);
    assert_eq!(streams(&list), ["resource-gold"]);
    assert_eq!(list["items"][0]["version"], 3);
    assert_eq!(esctl.json(&["replay", "--category", "resource", "--at", "2001-01-01"])["items"], json!([]));
    assert_eq!(esctl.json(&["replay", "--category", "nothing"])["items"], json!([]));
    assert_eq!(esctl.error(3, &["replay", "--category", "resource", "--position", "99"])["code"], "position_not_found");
}

#[test]
fn it_takes_reducers_and_does_without_snapshots() {
    let esctl = a_store();
    esctl.json(&["snapshot", "take", "--category", "resource"]);
    let item = |args: &[&str]| esctl.json(&[&["replay", "--category", "resource"], args].concat())["items"][0].clone();
    assert_eq!(item(&[])["snapshot_version"], 4);
    assert_eq!(item(&["--no-snapshot"])["events_applied"], 4);
    assert_eq!(item(&["--reducer", "count"])["state"]["events"], 4);
    assert_eq!(esctl.run(&["replay", "--category", "order", "--reducer", "resource"]).code, 2);
}

#[test]
fn more_streams_than_a_page_are_all_there() {
    let esctl = a_store();
    let lines: String = (0..3).map(|n| format!("{{\"type\":\"t\",\"data\":{{\"n\":{n}}}}}\n")).collect();
    std::fs::write(esctl.path("batch"), lines).unwrap();
    // Straight into the store: a process each would be slow.
    esctl.run(&["stream", "append", "many-0", "--batch", "batch"]);
    let store = rusqlite::Connection::open(esctl.path("store.db")).unwrap();
    store.execute_batch("BEGIN").unwrap();
    let many = 1100;
    for n in 1..many {
        let id = 1000 + n;
        store.execute("INSERT INTO streams VALUES (?1, ?2)", rusqlite::params![id, format!("many-{n:05}")]).unwrap();
        let sql = "INSERT INTO events SELECT 10 + ?1, randomblob(16), ?2, 1, type, 1, recorded_at + ?1, data, metadata, hash
                   FROM events WHERE position = 10";
        assert_eq!(store.execute(sql, rusqlite::params![n, id]).unwrap(), 1);
    }
    let sql =
        "UPDATE head SET position = (SELECT max(position) FROM events), recorded_at = (SELECT max(recorded_at) FROM events)";
    store.execute_batch(&format!("{sql}; COMMIT")).unwrap();
    let output = esctl.run(&["replay", "--category", "many", "-o", "ndjson"]);
    assert_eq!((output.stdout.lines().count(), output.code), (many, 0), "{}", output.stderr);
}
