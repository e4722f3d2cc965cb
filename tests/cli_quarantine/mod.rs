//! Events that a domain cannot apply, and `esctl quarantine`: the whole program.

mod refused;
mod reports;

use crate::common::Esctl;
use crate::common::a_store;
use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;

crate::on_every_backend! {
    a_stream_with_a_bad_event_is_usable_once_it_is_quarantined
    a_release_applies_the_event_again
    it_counts_for_earlier_moments
    a_read_model_that_has_passed_the_event_is_rebuilt
    a_projection_that_is_stopped_at_the_event_goes_on
    a_custom_projection_is_rebuilt
    a_snapshot_is_used_only_where_it_leaves_out_the_same_events
    the_records_are_events_that_are_chained_and_copied
    it_is_counted_and_listed
    documents_and_games_leave_events_out
    what_cannot_be_quarantined_is_refused
    the_history_shows_the_event_and_that_it_changed_nothing
}

/// The id of the last event of a stream.
fn last_id(esctl: &Esctl, stream: &str) -> String {
    let read = esctl.json(&["stream", "read", stream, "--backwards", "--limit", "1"]);
    read["items"][0]["event_id"].as_str().unwrap().to_owned()
}

/// Appends an event by hand, whatever the domain makes of it; returns its id.
fn forced(esctl: &Esctl, stream: &str, event_type: &str, data: &str) -> String {
    esctl.must(&["stream", "append", stream, "--type", event_type, "--data", data, "--force"]);
    last_id(esctl, stream)
}

fn quarantine(esctl: &Esctl, id: &str) -> Value {
    esctl.json(&["quarantine", "add", id, "--reason", "by hand"])
}

fn amounts(esctl: &Esctl) -> Vec<(String, i64)> {
    let list = esctl.json(&["resource", "list"]);
    let of = |item: &Value| (item["id"].as_str().unwrap().to_owned(), item["amount"].as_i64().unwrap());
    list["items"].as_array().unwrap().iter().map(of).collect()
}

const LOTS: &str = r#"{"amount":"lots"}"#;

fn a_stream_with_a_bad_event_is_usable_once_it_is_quarantined(on: Backend) {
    let esctl = a_store(on);
    let id = forced(&esctl, "resource-gold", "resource.added", LOTS);
    assert_eq!(esctl.error(8, &["resource", "show", "gold"])["code"], "event_not_readable");
    assert_eq!(esctl.error(8, &["resource", "allocate", "gold", "1"])["code"], "event_not_readable");
    let report = quarantine(&esctl, &id);
    assert_eq!((&report["outcome"], &report["event_id"], &report["version"]), (&json!("applied"), &json!(id), &json!(5)));
    let shown = esctl.run(&["resource", "show", "gold", "-o", "json"]);
    let state: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!((&state["amount"], &state["left_out"]), (&json!(900), &json!([id])));
    assert!(shown.stderr.contains("1 quarantined event is left out") && shown.stderr.contains(&id), "{shown:?}");
    let allocated = esctl.json(&["resource", "allocate", "gold", "1", "--expect-version", "5"]);
    assert_eq!((&allocated["version"], &allocated["state"]["amount"]), (&json!(6), &json!(899)));
    assert_eq!(allocated["left_out"], json!([id]));
    assert_eq!(esctl.json(&["quarantine", "add", &id, "--reason", "again"])["outcome"], "unchanged");
    assert_eq!(amounts(&esctl), [("gold".into(), 899), ("silver".into(), 10)]);
    assert_eq!(esctl.run(&["replay", "resource-gold", "--verify"]).code, 0);
    assert_eq!(esctl.run(&["verify"]).code, 0);
}

fn a_release_applies_the_event_again(on: Backend) {
    let esctl = a_store(on);
    let good = forced(&esctl, "resource-silver", "resource.added", r#"{"amount":5,"new_amount":15}"#);
    assert_eq!(amounts(&esctl)[1].1, 15);
    quarantine(&esctl, &good);
    assert_eq!(amounts(&esctl)[1].1, 10);
    let report = esctl.json(&["quarantine", "release", &good, "--reason", "it was right"]);
    assert_eq!((&report["outcome"], &report["quarantined"]), (&json!("applied"), &json!(false)));
    assert_eq!(report["read_models"], json!([{ "name": "resources", "rebuilt": true }]));
    assert_eq!(amounts(&esctl)[1].1, 15);
    let state = esctl.json(&["resource", "show", "silver"]);
    assert_eq!((&state["amount"], &state["left_out"]), (&json!(15), &Value::Null));
    assert_eq!(esctl.json(&["quarantine", "list"])["items"], json!([]));
    assert_eq!(esctl.json(&["quarantine", "release", &good])["outcome"], "unchanged");
    // A bad one is bad again.
    let bad = forced(&esctl, "resource-gold", "resource.added", LOTS);
    quarantine(&esctl, &bad);
    assert_eq!(amounts(&esctl)[0].1, 900);
    let stuck = esctl.error(8, &["quarantine", "release", &bad]);
    assert_eq!((&stuck["code"], &stuck["details"]["projections"]), (&json!("read_model_not_rebuilt"), &json!(["resources"])));
    // An earlier read model still answers, and says what it does not include.
    let listed = esctl.run(&["resource", "list"]);
    assert!(listed.code == 0 && listed.stderr.contains("projection resources"), "{listed:?}");
    assert_eq!(esctl.error(8, &["resource", "show", "gold"])["code"], "event_not_readable");
}

fn it_counts_for_earlier_moments(on: Backend) {
    let esctl = a_store(on);
    let id = forced(&esctl, "resource-silver", "resource.added", r#"{"amount":5,"new_amount":15}"#);
    esctl.must(&["resource", "add", "silver", "1"]);
    let before = esctl.json(&["replay", "resource-silver", "--version", "2"]);
    assert_eq!((&before["state"]["amount"], &before["left_out"]), (&json!(15), &Value::Null));
    quarantine(&esctl, &id);
    let after = esctl.json(&["replay", "resource-silver", "--version", "2"]);
    assert_eq!((&after["state"]["amount"], &after["left_out"]), (&json!(10), &json!([id])));
    assert_eq!((&after["version"], &after["state"]["version"]), (&json!(2), &json!(2)));
    // The event after it says what the amount was: it stays what was decided then.
    let head = esctl.json(&["replay", "resource-silver", "--at", "now"]);
    assert_eq!((&head["state"]["amount"], &head["left_out"]), (&json!(16), &json!([id])));
    let first = esctl.json(&["replay", "resource-silver", "--version", "1"]);
    assert_eq!(first["left_out"], Value::Null);
}

fn a_read_model_that_has_passed_the_event_is_rebuilt(on: Backend) {
    let esctl = a_store(on);
    let id = forced(&esctl, "resource-silver", "resource.added", r#"{"amount":5,"new_amount":15}"#);
    esctl.must(&["projection", "run"]);
    let report = quarantine(&esctl, &id);
    assert_eq!(report["read_models"], json!([{ "name": "resources", "rebuilt": true }]));
    let listed = esctl.run(&["resource", "list", "-o", "json"]);
    let list: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(list["items"][1]["amount"], 10);
    assert!(listed.stderr.contains("leaves out 1 quarantined event"), "{listed:?}");
    assert_eq!(esctl.run(&["replay", "--category", "resource", "--verify"]).code, 0);
    let errors = esctl.json(&["projection", "errors", "resources"]);
    assert_eq!((&errors["items"][0]["event_id"], &errors["items"][0]["state"]), (&json!(id), &json!("quarantined")));
    // A row whose every event is left out is none.
    esctl.must(&["resource", "create", "tin", "--owner", "p1", "--type", "metal", "--amount", "1", "--max", "2"]);
    assert_eq!(amounts(&esctl).len(), 3);
    quarantine(&esctl, &last_id(&esctl, "resource-tin"));
    assert_eq!(amounts(&esctl).len(), 2);
    esctl.error(3, &["resource", "show", "tin"]);
    assert_eq!(esctl.run(&["replay", "--category", "resource", "--verify"]).code, 0);
}

fn a_projection_that_is_stopped_at_the_event_goes_on(on: Backend) {
    let esctl = a_store(on);
    esctl.must(&["projection", "run"]);
    let id = forced(&esctl, "resource-gold", "resource.added", LOTS);
    esctl.must(&["resource", "add", "silver", "1"]);
    assert_eq!(esctl.run(&["projection", "run", "resources"]).code, 8);
    quarantine(&esctl, &id);
    assert_eq!(amounts(&esctl), [("gold".into(), 900), ("silver".into(), 11)]);
    let errors = esctl.json(&["projection", "errors", "resources"]);
    let states: Vec<&Value> = errors["items"].as_array().unwrap().iter().map(|item| &item["state"]).collect();
    assert_eq!(states, ["quarantined"]);
}

fn a_custom_projection_is_rebuilt(on: Backend) {
    let esctl = a_store(on);
    let reduce = "{n: ((.state.n // 0) + 1)}";
    esctl.must(&["projection", "create", "orders", "--from", "category:order", "--key", ".stream", "--reduce", reduce]);
    let rows = |esctl: &Esctl| esctl.json(&["projection", "query", "orders"])["items"].clone();
    assert_eq!(rows(&esctl)[0]["n"], 2);
    let report = quarantine(&esctl, &last_id(&esctl, "order-1"));
    assert_eq!(report["read_models"], json!([{ "name": "orders", "rebuilt": true }]));
    assert_eq!(rows(&esctl)[0]["n"], 1);
    assert_eq!(esctl.json(&["replay", "order-1"])["state"], json!({ "a": 1, "b": { "c": 2 } }));
}

fn a_snapshot_is_used_only_where_it_leaves_out_the_same_events(on: Backend) {
    let esctl = a_store(on);
    let id = forced(&esctl, "resource-silver", "resource.added", r#"{"amount":5,"new_amount":15}"#);
    esctl.must(&["snapshot", "take", "resource-silver"]);
    let used = |esctl: &Esctl| esctl.json(&["replay", "resource-silver"]);
    assert_eq!(used(&esctl)["snapshot_version"], 2);
    quarantine(&esctl, &id);
    let replayed = used(&esctl);
    assert_eq!((&replayed["snapshot_version"], &replayed["state"]["amount"]), (&Value::Null, &json!(10)));
    assert!(replayed["passed_over"][0]["reason"].as_str().unwrap().contains("quarantined"), "{replayed}");
    esctl.must(&["snapshot", "take", "resource-silver"]);
    let replayed = used(&esctl);
    assert_eq!((&replayed["snapshot_version"], &replayed["left_out"]), (&json!(2), &json!([id])));
    assert_eq!(replayed["state"]["amount"], 10);
    assert_eq!(esctl.run(&["verify"]).code, 0);
    assert_eq!(esctl.run(&["snapshot", "verify"]).code, 0);
    // One of a stream without quarantined events stays of use.
    esctl.must(&["snapshot", "take", "resource-gold"]);
    assert_eq!(esctl.json(&["replay", "resource-gold"])["snapshot_version"], 4);
    esctl.must(&["quarantine", "release", &id]);
    assert_eq!(used(&esctl)["state"]["amount"], 15);
}

fn the_records_are_events_that_are_chained_and_copied(on: Backend) {
    let esctl = a_store(on);
    let id = forced(&esctl, "resource-gold", "resource.added", LOTS);
    quarantine(&esctl, &id);
    let records = esctl.json(&["stream", "read", "$quarantine"]);
    let record = &records["items"][0];
    assert_eq!((&record["type"], &record["data"]["event_id"]), (&json!("quarantine.added"), &json!(id)));
    assert_eq!((&record["data"]["reason"], &record["metadata"]["client_id"]), (&json!("by hand"), &json!("ann")));
    let all = esctl.json(&["stream", "read", "--all"]);
    assert_eq!(all["items"].as_array().unwrap().last().unwrap()["stream"], "$quarantine");
    let marked: Vec<&Value> = all["items"].as_array().unwrap().iter().filter(|event| event["quarantined"] == true).collect();
    assert_eq!((marked.len(), &marked[0]["event_id"]), (1, &json!(id)));
    let copy = esctl.another_place(on);
    esctl.must(&["replay", "--all", "--into", &copy.url]);
    let shown = esctl.run_on(&copy.url, &["resource", "show", "gold", "-o", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&shown.stdout).unwrap()["amount"], 900, "{shown:?}");
    assert_eq!(esctl.run_on(&copy.url, &["verify"]).code, 0);
}

fn it_is_counted_and_listed(on: Backend) {
    let esctl = a_store(on);
    assert_eq!(esctl.json(&["stats"])["quarantined"], 0);
    assert_eq!(esctl.json(&["quarantine", "list"])["items"], json!([]));
    let id = forced(&esctl, "resource-gold", "resource.added", LOTS);
    quarantine(&esctl, &id);
    assert_eq!(esctl.json(&["stats"])["quarantined"], 1);
    let item = &esctl.json(&["quarantine", "list"])["items"][0];
    assert_eq!((&item["event_id"], &item["stream"], &item["version"]), (&json!(id), &json!("resource-gold"), &json!(5)));
    assert_eq!((&item["reason"], &item["by"], &item["type"]), (&json!("by hand"), &json!("ann"), &json!("resource.added")));
    let table = esctl.run(&["quarantine", "list"]);
    assert!(table.stdout.contains(&id) && table.stdout.contains("by hand"), "{table:?}");
}

fn documents_and_games_leave_events_out(on: Backend) {
    let esctl = a_store(on);
    esctl.must(&["doc", "create", "plan", "--data", r#"{"a":1}"#]);
    let bad = forced(&esctl, "document-plan", "document.updated", r#"{"patch":[{"op":"remove","path":"/nothing"}]}"#);
    esctl.error(8, &["doc", "get", "plan"]);
    quarantine(&esctl, &bad);
    let document = esctl.json(&["doc", "get", "plan"]);
    assert_eq!((&document["document"], &document["version"]), (&json!({ "a": 1 }), &json!(2)));
    assert_eq!(document["left_out"], json!([bad]));
    esctl.must(&["doc", "set", "plan", "b=2"]);
    let missing = esctl.json(&["doc", "missing", "plan", "--after", "1"]);
    let patches: Vec<&Value> = missing["items"].as_array().unwrap().iter().map(|item| &item["patch"]).collect();
    assert_eq!(patches[0], &json!([]));
    assert_eq!(patches[1], &json!([{ "op": "add", "path": "/b", "value": 2 }]));
    let diff = esctl.json(&["doc", "diff", "plan", "--from", "1"]);
    assert_eq!((&diff["patch"], &diff["left_out"]), (&json!([{ "op": "add", "path": "/b", "value": 2 }]), &json!([bad])));
    esctl.must(&["game", "new", "table", "--players", "2"]);
    let bad = forced(&esctl, "game-table", "game.player_joined", r#"{"player_id":7}"#);
    esctl.error(8, &["game", "show", "table"]);
    quarantine(&esctl, &bad);
    assert_eq!(esctl.json(&["game", "show", "table"])["left_out"], json!([bad]));
}

fn what_cannot_be_quarantined_is_refused(on: Backend) {
    let esctl = a_store(on);
    let nowhere = "018f0000-0000-7000-8000-000000000009";
    assert_eq!(esctl.error(3, &["quarantine", "add", nowhere, "--reason", "x"])["code"], "not_found");
    esctl.error(2, &["quarantine", "add", "gold", "--reason", "x"]);
    assert_eq!(esctl.run(&["quarantine", "add", nowhere]).code, 2);
    let id = forced(&esctl, "resource-gold", "resource.added", LOTS);
    quarantine(&esctl, &id);
    let record = last_id(&esctl, "$quarantine");
    esctl.error(2, &["quarantine", "add", &record, "--reason", "x"]);
    let reserved = esctl.error(2, &["stream", "append", "$quarantine", "--type", "quarantine.released", "--data", "{}"]);
    assert!(reserved["message"].as_str().unwrap().contains("reserved"), "{reserved}");
    assert_eq!(esctl.json(&["quarantine", "list"])["items"].as_array().unwrap().len(), 1);
}

fn the_history_shows_the_event_and_that_it_changed_nothing(on: Backend) {
    let esctl = a_store(on);
    let id = forced(&esctl, "resource-gold", "resource.added", LOTS);
    quarantine(&esctl, &id);
    let history = esctl.run(&["resource", "history", "gold", "-o", "json"]);
    let items: Value = serde_json::from_str(&history.stdout).unwrap();
    let entry = &items["items"][4];
    assert_eq!((&entry["event_id"], &entry["quarantined"]), (&json!(id), &json!(true)));
    assert_eq!(entry["amount_before"], entry["amount_after"]);
    assert!(history.stderr.contains("left out"), "{history:?}");
    let trace = esctl.json(&["replay", "resource-gold", "--trace"]);
    assert_eq!((&trace["items"][4]["quarantined"], &trace["items"][3]["quarantined"]), (&json!(true), &Value::Null));
    let found = esctl.run(&["bisect", "resource-gold", "--where", ".amount < 0"]);
    assert!(found.code == 1 && found.stderr.contains("left out"), "{found:?}");
}
