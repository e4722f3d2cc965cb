//! `esctl trace` as operators meet it: the whole program.

use serde_json::Value;
use serde_json::json;

use crate::common::Esctl;
use crate::common::backend::Backend;

crate::on_every_backend! {
    it_shows_all_streams_each_event_below_its_cause
    an_event_leads_to_what_it_belongs_to
    each_command_starts_a_correlation_of_its_own
    a_cause_that_is_not_there_and_a_circle_are_shown
    only_the_correlation_id_itself_counts
    what_is_not_there_is_not_found
    people_see_a_tree_in_which_nothing_is_raw
}

/// The id of an event.
fn id(n: u32) -> String {
    format!("018c2f5e-7a00-7000-8000-{n:012}")
}

/// Appends an event with an id of its own, and more flags.
fn append(esctl: &Esctl, stream: &str, n: u32, more: &[&str]) {
    let id = id(n);
    let args = ["stream", "append", stream, "--type", "t", "--data", "{}", "--event-id", &id];
    let output = esctl.run(&[&args, more].concat());
    assert_eq!(output.code, 0, "{output:?}");
}

/// Depth, number and cause of each event.
fn trace(esctl: &Esctl, of: &str) -> Vec<(u64, u32, String)> {
    let list = esctl.json(&["trace", of]);
    let item = |item: &Value| {
        let number = item["event_id"].as_str().unwrap().rsplit('-').next().unwrap().parse().unwrap_or(0);
        (item["depth"].as_u64().unwrap(), number, item["cause"].as_str().unwrap().to_owned())
    };
    list["items"].as_array().unwrap().iter().map(item).collect()
}

fn row(depth: u64, number: u32, cause: &str) -> (u64, u32, String) {
    (depth, number, cause.to_owned())
}

/// 1 caused 2 and 4, 2 caused 3; all belong to `buy`. 5 belongs to something else.
fn a_purchase() -> impl Fn(&Esctl) {
    |esctl| {
        append(esctl, "order-1", 1, &["--correlation-id", "buy"]);
        append(esctl, "payment-1", 2, &["--correlation-id", "buy", "--causation-id", &id(1)]);
        append(esctl, "order-1", 5, &["--correlation-id", "buy now"]);
        append(esctl, "mail-1", 3, &["--correlation-id", "buy", "--causation-id", &id(2)]);
        append(esctl, "order-1", 4, &["--correlation-id", "buy", "--causation-id", &id(1)]);
    }
}

fn it_shows_all_streams_each_event_below_its_cause(on: Backend) {
    let esctl = Esctl::new(on);
    a_purchase()(&esctl);
    let wanted = [row(0, 1, "none"), row(1, 2, "event"), row(2, 3, "event"), row(1, 4, "event")];
    assert_eq!(trace(&esctl, "buy"), wanted);
    let item = esctl.json(&["trace", "buy"])["items"][1].clone();
    let names: Vec<_> = item.as_object().unwrap().keys().collect();
    let wanted = [
        "depth",
        "cause",
        "position",
        "recorded_at",
        "event_id",
        "stream",
        "version",
        "type",
        "client_id",
        "command",
        "correlation_id",
        "causation_id",
    ];
    assert_eq!(names, wanted);
    assert_eq!((&item["stream"], &item["client_id"], &item["position"]), (&json!("payment-1"), &json!("ann"), &json!(2)));
    assert_eq!((&item["correlation_id"], &item["causation_id"]), (&json!("buy"), &json!(id(1))));
}

fn an_event_leads_to_what_it_belongs_to(on: Backend) {
    let esctl = Esctl::new(on);
    a_purchase()(&esctl);
    assert_eq!(trace(&esctl, &id(3)), trace(&esctl, "buy"));
    assert_eq!(trace(&esctl, &id(3).to_uppercase()), trace(&esctl, "buy"));
    assert_eq!(trace(&esctl, &id(5)), [row(0, 5, "none")]);
}

fn each_command_starts_a_correlation_of_its_own(on: Backend) {
    let esctl = Esctl::new(on);
    let create = ["resource", "create", "gold", "--owner", "o", "--type", "t", "--amount", "5", "--max", "9"];
    let first = esctl.json(&create)["events"][0]["event_id"].clone();
    let first = first.as_str().unwrap();
    let caused = esctl.json(&["resource", "add", "gold", "1", "--correlation-id", first, "--causation-id", first]);
    let other = esctl.json(&["resource", "add", "gold", "1"]);
    let items = esctl.json(&["trace", first])["items"].clone();
    let shown: Vec<_> = items.as_array().unwrap().iter().map(|item| (&item["command"], &item["depth"])).collect();
    assert_eq!(shown, [(&json!("resource.create"), &json!(0)), (&json!("resource.add"), &json!(1))]);
    assert_eq!(items[1]["event_id"], caused["events"][0]["event_id"]);
    assert_eq!(trace(&esctl, other["events"][0]["event_id"].as_str().unwrap()).len(), 1);
    // A batch belongs together; what its own metadata say counts, but for what is said of all.
    let batch = r#"{"type":"a","data":{},"metadata":{"correlation_id":"mine"}}
{"type":"b","data":{}}"#;
    std::fs::write(esctl.path("batch"), batch).unwrap();
    esctl.json(&["stream", "append", "x-1", "--batch", "batch"]);
    assert_eq!(trace(&esctl, "mine").len(), 1);
    esctl.json(&["stream", "append", "x-2", "--batch", "batch", "--correlation-id", "ours"]);
    assert_eq!(trace(&esctl, "ours").len(), 2);
    assert_eq!(trace(&esctl, "mine").len(), 1);
}

fn a_cause_that_is_not_there_and_a_circle_are_shown(on: Backend) {
    let esctl = Esctl::new(on);
    append(&esctl, "a-1", 9, &[]);
    append(&esctl, "a-1", 1, &["--correlation-id", "c", "--causation-id", &id(3)]);
    append(&esctl, "a-1", 2, &["--correlation-id", "c", "--causation-id", &id(1)]);
    append(&esctl, "a-1", 3, &["--correlation-id", "c", "--causation-id", &id(2)]);
    append(&esctl, "a-1", 4, &["--correlation-id", "c", "--causation-id", &id(77)]);
    append(&esctl, "a-1", 5, &["--correlation-id", "c", "--causation-id", "a job"]);
    append(&esctl, "a-1", 6, &["--correlation-id", "c", "--causation-id", &id(9)]);
    append(&esctl, "a-1", 7, &["--correlation-id", "c", "--causation-id", &id(7)]);
    let wanted = [
        row(0, 4, "missing"),
        row(0, 5, "missing"),
        row(0, 6, "elsewhere"),
        row(0, 1, "cycle"),
        row(1, 2, "event"),
        row(2, 3, "event"),
        row(0, 7, "cycle"),
    ];
    assert_eq!(trace(&esctl, "c"), wanted);
}

fn only_the_correlation_id_itself_counts(on: Backend) {
    let esctl = Esctl::new(on);
    append(&esctl, "a-1", 1, &["--correlation-id", "c\"{é"]);
    append(&esctl, "a-1", 2, &["--metadata", r#"{"nested":{"correlation_id":"c\"{é"}}"#]);
    append(&esctl, "a-1", 3, &["--metadata", r#"{"correlation_id":"c\"{é2"}"#]);
    append(&esctl, "a-1", 4, &["--metadata", r#"{"z":1,"correlation_id":"c\"{\u00e9","a":{"correlation_id":"x"}}"#]);
    assert_eq!(trace(&esctl, "c\"{é"), [row(0, 1, "none"), row(0, 4, "none")]);
}

fn what_is_not_there_is_not_found(on: Backend) {
    let esctl = Esctl::new(on);
    assert_eq!(esctl.error(3, &["trace", "x"])["code"], "store_not_found");
    append(&esctl, "a-1", 1, &[]);
    let error = esctl.error(3, &["trace", "x"]);
    assert_eq!(error["code"], "correlation_not_found");
    assert!(error["hint"].as_str().unwrap().contains("event id"), "{error}");
    assert_eq!(esctl.error(3, &["trace", &id(2)])["code"], "correlation_not_found");
    assert_eq!(esctl.run(&["trace", ""]).code, 2);
    assert_eq!(esctl.run(&["trace", "a\u{1b}[2J"]).code, 2);
}

fn people_see_a_tree_in_which_nothing_is_raw(on: Backend) {
    let esctl = Esctl::new(on);
    a_purchase()(&esctl);
    let output = esctl.run(&["trace", "buy"]);

    let branches: Vec<_> = output.stdout.lines().skip(1).map(|line| line.find('t').unwrap()).collect();
    assert!(branches[0] < branches[1] && branches[1] < branches[2] && branches[3] == branches[1], "{}", output.stdout);
    let hostile = r#"{"client_id":"\u001b[2J\u202e","causation_id":"\u009b\r"}"#;
    append(&esctl, "a-1", 6, &["--correlation-id", "h", "--metadata", hostile]);
    for format in ["table", "json", "csv", "yaml", "ndjson"] {
        let output = esctl.run(&["trace", "h", "-o", format]);
        assert_eq!(output.code, 0, "{output:?}");
        assert!(!output.stdout.chars().any(|c| c != '\n' && esctl::event::is_unsafe(c)), "{format}: {:?}", output.stdout);
    }
}
