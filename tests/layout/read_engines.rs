//! The built-in layouts: the stores of libraries are listed, read and replayed, with the events that were written.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::common::backend::Backend;
use crate::layout::stores::Foreign;
use crate::layout::stores::ON_MONGODB;
use crate::layout::stores::ON_POSTGRES;
use crate::layout::stores::ON_SQLITE;
use crate::layout::stores::fixture;

fn items(page: &Value) -> &Vec<Value> {
    page["items"].as_array().unwrap()
}

/// Checks that each stream of a store can be read and replayed, that all events are counted, and that those that were
/// written first are there.
fn reads(name: &str, on: Backend) {
    let foreign = Foreign::of_layout(name, on);
    let read = |args: &[&str]| foreign.read(name, args);
    let streams = read(&["stream", "list"]);
    let mut found = Vec::new();
    // The names of reserved streams cannot be given to a command.
    for stream in items(&streams).iter().filter(|stream| !stream["stream"].as_str().unwrap().starts_with('$')) {
        let (stream, version) = (stream["stream"].as_str().unwrap(), &stream["version"]);
        let events = read(&["stream", "read", stream]);
        let last = read(&["stream", "read", stream, "--backwards", "--limit", "1"]);
        assert_eq!(items(&last)[0], *items(&events).last().unwrap(), "{name} {stream}");
        let from = read(&["stream", "read", stream, "--from", &items(&last)[0]["version"].to_string()]);
        assert_eq!(from["items"], last["items"], "{name} {stream}");
        assert!(read(&["replay", stream, "--reducer", "last"])["version"] == *version, "{name} {stream}");
        let id = items(&last)[0]["event_id"].as_str().unwrap();
        let traced = read(&["trace", id]);
        assert!(items(&traced).iter().any(|item| item["event_id"] == id), "{name} {stream}: {traced}");
        found.extend(items(&events).iter().cloned());
    }
    let stats = read(&["stats"]);
    // An event that is linked to further streams counts once. Two events of MongoDB may have one id.
    let ids: BTreeSet<&str> = found.iter().map(|event| event["event_id"].as_str().unwrap()).collect();
    let events = stats["events"].as_u64().unwrap() as usize;
    assert!((ids.len()..=found.len()).contains(&events), "{name}: {stats}");
    assert_eq!(stats["streams"], items(&streams).len(), "{name}");
    let expected: Value = serde_json::from_str(&fixture("first_events.json")).unwrap();
    for event in expected[name].as_object().unwrap().values().flat_map(|events| events.as_array().unwrap()) {
        let is_same = |found: &&Value| {
            found["stream"] == event["stream"] && found["type"] == event["type"] && found["data"] == event["data"]
        };
        let matching: Vec<&Value> = found.iter().filter(is_same).collect();
        let same_version = |found: &&&Value| event["version"].is_null() || found["version"] == event["version"];
        assert_eq!(event["hidden"] == true, matching.is_empty(), "{name}: {event}");
        if event["hidden"] == true {
            let all = read(&["stream", "read", event["stream"].as_str().unwrap(), "--hidden"]);
            let shown = items(&all).iter().find(|item| item["type"] == event["type"]).unwrap();
            assert!(shown["source"]["hidden"] == true && items(&all).last().unwrap()["source"]["hidden"].is_null(), "{all}");
        }
        let Some(read) = matching.iter().find(same_version) else { continue };
        assert_eq!((&read["recorded_at"], &read["metadata"]), (&event["recorded_at"], &event["metadata"]), "{name}: {event}");
    }
}

#[test]
fn stores_of_libraries_on_sqlite_are_read() {
    ON_SQLITE.iter().for_each(|name| reads(name, Backend::Sqlite));
}

#[test]
#[ignore = "needs a server: tests/run"]
fn stores_of_libraries_on_postgresql_are_read() {
    ON_POSTGRES.iter().for_each(|name| reads(name, Backend::Postgres));
}

#[test]
#[ignore = "needs a server: tests/run"]
fn stores_of_libraries_on_mongodb_are_read() {
    for on in [Backend::MongoReplicaSet, Backend::MongoStandalone] {
        ON_MONGODB.iter().for_each(|name| reads(name, on));
    }
}
