//! Each event and what it changed.

use serde_json::Value;
use serde_json::json;

use crate::common::a_store;
use crate::common::backend::Backend;

crate::on_every_backend! {
    the_patches_in_a_row_make_the_state
    it_ends_where_requested_and_uses_no_snapshot
    people_see_what_each_event_changed
    a_stream_that_is_not_there_has_no_trace
}

fn the_patches_in_a_row_make_the_state(on: Backend) {
    let esctl = a_store(on);
    let trace = esctl.json(&["replay", "resource-gold", "--trace"]);
    let items = trace["items"].as_array().unwrap();
    assert_eq!(items.len(), 4);
    let names: Vec<_> = items[0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["position", "version", "type", "recorded_at", "event_id", "client_id", "reducer", "patch", "state"]);
    let mut state = Value::Null;
    for (index, item) in items.iter().enumerate() {
        let patch: json_patch::Patch = serde_json::from_value(item["patch"].clone()).unwrap();
        json_patch::patch(&mut state, &patch).unwrap();
        assert_eq!(state, item["state"]);
        assert_eq!((&item["version"], &item["client_id"]), (&json!(index + 1), &json!("ann")));
        let version = (index + 1).to_string();
        assert_eq!(state, esctl.json(&["replay", "resource-gold", "--version", &version])["state"]);
    }
}

fn it_ends_where_requested_and_uses_no_snapshot(on: Backend) {
    let esctl = a_store(on);
    esctl.json(&["snapshot", "take", "resource-gold"]);
    let trace = esctl.json(&["replay", "resource-gold", "--trace", "--version", "3"]);
    let versions: Vec<_> = trace["items"].as_array().unwrap().iter().map(|item| item["version"].clone()).collect();
    assert_eq!(versions, [1, 2, 3]);
    assert_eq!(esctl.json(&["replay", "order-1", "--trace", "--reducer", "count"])["items"][1]["state"]["events"], 2);
}

fn people_see_what_each_event_changed(on: Backend) {
    let esctl = a_store(on);
    let table = esctl.run(&["replay", "resource-gold", "--trace"]).stdout;
    assert!(table.contains("resource.locked") && table.contains("locked until"), "{table}");
    let lines = esctl.run(&["replay", "resource-gold", "--trace", "-o", "ndjson"]).stdout;
    assert_eq!(lines.lines().count(), 4);
}

fn a_stream_that_is_not_there_has_no_trace(on: Backend) {
    let esctl = a_store(on);
    assert_eq!(esctl.error(3, &["replay", "order-9", "--trace"])["code"], "stream_not_found");
    assert_eq!(esctl.run(&["replay", "order-1", "--trace", "--verify"]).code, 2);
    assert_eq!(esctl.run(&["replay", "order-1", "--trace", "--diff", "1"]).code, 2);
}
