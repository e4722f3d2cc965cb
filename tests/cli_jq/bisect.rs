//! The first event after which a condition on the state holds.

use serde_json::Value;
use serde_json::json;

use crate::common::Esctl;
use crate::common::a_store;
use crate::common::backend::Backend;

crate::on_every_backend! {
    it_finds_the_first_event_and_shows_both_sides
    bounds_and_reducers_are_those_of_replay
    one_that_never_holds_is_a_no
    a_condition_that_cannot_be_decided_names_the_event
    it_finds_what_a_trace_shows
}

fn it_finds_the_first_event_and_shows_both_sides(on: Backend) {
    let esctl = a_store(on);
    let found = esctl.json(&["bisect", "resource-gold", "--where", ".is_locked"]);
    assert_eq!((&found["found"], &found["event"]["version"], &found["states_asked"]), (&json!(true), &json!(3), &json!(3)));
    assert_eq!(found["event"]["type"], "resource.locked");
    assert_eq!((&found["before"]["is_locked"], &found["after"]["is_locked"]), (&json!(false), &json!(true)));
    let mut state = found["before"].clone();
    json_patch::patch(&mut state, &serde_json::from_value::<json_patch::Patch>(found["patch"].clone()).unwrap()).unwrap();
    assert_eq!(state, found["after"]);
    let names: Vec<_> = found.as_object().unwrap().keys().collect();
    assert_eq!(names, ["stream", "reducer", "found", "states_asked", "event", "before", "after", "patch"]);
    let first = esctl.json(&["bisect", "resource-gold", "--where", "true"]);
    assert_eq!((&first["event"]["version"], &first["before"]), (&json!(1), &Value::Null));
    let text = esctl.run(&["bisect", "resource-gold", "--where", ".is_locked"]).stdout;
    for part in ["version 3, position 3", "is_locked false -> true", "state before", "state after", "\"is_locked\": true"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

fn bounds_and_reducers_are_those_of_replay(on: Backend) {
    let esctl = a_store(on);
    let version = |more: &[&str]| esctl.json(&[&["bisect", "resource-gold"], more].concat())["event"]["version"].clone();
    let count = ["--reducer", "count", "--where", ".events >= 2"];
    assert_eq!(version(&count), 2);
    assert_eq!(version(&["--reducer", "jq: (.state // 0) + 1", "--where", ". > 3"]), 4);
    assert_eq!(version(&[count.as_slice(), &["--from", "3"]].concat()), 3);
    let later = esctl.json(&[&["bisect", "resource-gold"], count.as_slice(), &["--from", "3"]].concat());
    assert_eq!((&later["states_asked"], &later["before"]["events"]), (&json!(1), &json!(2)));
    assert_eq!(esctl.error(1, &["bisect", "resource-gold", "--where", ".is_locked", "--version", "2"])["code"], "never_holds");
    assert_eq!(esctl.error(1, &["bisect", "resource-gold", "--where", ".is_locked", "--position", "2"])["code"], "never_holds");
    assert_eq!(esctl.error(3, &["bisect", "resource-gold", "--where", "true", "--at", "2001-01-01"])["code"], "stream_not_found");
    assert_eq!(esctl.error(3, &["bisect", "resource-gone", "--where", "true"])["code"], "stream_not_found");
    assert_eq!(esctl.run(&["bisect", "resource-gold"]).code, 2);
}

fn one_that_never_holds_is_a_no(on: Backend) {
    let esctl = a_store(on);
    let output = esctl.run(&["bisect", "order-1", "--where", ".a > 5", "-o", "json"]);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.code, &report["found"], &report["states_asked"]), (1, &json!(false), &json!(2)));
    assert!(report["event"].is_null() && report["before"].is_null(), "{report}");
    assert!(esctl.run(&["bisect", "order-1", "--where", ".a > 5"]).stderr.contains("2 states of order-1 asked"));
}

fn a_condition_that_cannot_be_decided_names_the_event(on: Backend) {
    let esctl = a_store(on);
    let error = esctl.error(2, &["bisect", "order-1", "--where", "if .paid then (.a | keys) else false end"]);
    assert_eq!((&error["code"], &error["details"]["position"]), (&json!("jq_failed"), &json!(7)));
}

fn it_finds_what_a_trace_shows(on: Backend) {
    let esctl = Esctl::new(on);
    let batch: Vec<_> = (1..=40).map(|n| json!({"type": "t", "data": {"n": (n * 7) % 11, "m": n}}).to_string()).collect();
    std::fs::write(esctl.path("batch"), batch.join("\n")).unwrap();
    esctl.json(&["stream", "append", "x-1", "--batch", esctl.path("batch").to_str().unwrap()]);
    let trace = esctl.json(&["replay", "x-1", "--trace"]);
    let states = trace["items"].as_array().unwrap();
    for wanted in 0..12 {
        let first = states.iter().find(|item| item["state"]["n"] == wanted).map(|item| &item["version"]);
        let output = esctl.run(&["bisect", "x-1", "--where", &format!(".n == {wanted}"), "-o", "json"]);
        let report: Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!(report["event"].get("version"), first);
        assert_eq!(output.code, i32::from(first.is_none()));
    }
}
