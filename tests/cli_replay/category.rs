//! Every stream of a category.

use std::time::Duration;

use esctl::event::EventType;
use esctl::event::ExpectedVersion;
use esctl::event::NewEvent;
use esctl::store;
use esctl::store::AppendRequest;
use esctl::store::RecordTime;
use serde_json::Value;
use serde_json::json;

use crate::common::a_store;
use crate::common::backend::Backend;
use crate::common::backend::run;

crate::on_every_backend! {
    each_row_is_what_the_stream_alone_would_show
    streams_that_came_later_are_not_there_yet
    it_takes_reducers_and_does_without_snapshots
    more_streams_than_a_page_are_all_there
}

fn streams(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["stream"].as_str().unwrap()).collect()
}

fn each_row_is_what_the_stream_alone_would_show(on: Backend) {
    let esctl = a_store(on);
    let list = esctl.json(&["replay", "--category", "resource", "--position", "7"]);
    assert_eq!(streams(&list), ["resource-gold", "resource-silver"]);
    for item in list["items"].as_array().unwrap() {
        assert_eq!(*item, esctl.json(&["replay", item["stream"].as_str().unwrap(), "--position", "7"]));
    }
    assert_eq!(list["next"], Value::Null);
}

fn streams_that_came_later_are_not_there_yet(on: Backend) {
    let esctl = a_store(on);
    let list = esctl.json(&["replay", "--category", "resource", "--position", "3"]);
    assert_eq!(streams(&list), ["resource-gold"]);
    assert_eq!(list["items"][0]["version"], 3);
    assert_eq!(esctl.json(&["replay", "--category", "resource", "--at", "2001-01-01"])["items"], json!([]));
    assert_eq!(esctl.json(&["replay", "--category", "nothing"])["items"], json!([]));
    assert_eq!(esctl.error(3, &["replay", "--category", "resource", "--position", "99"])["code"], "position_not_found");
}

fn it_takes_reducers_and_does_without_snapshots(on: Backend) {
    let esctl = a_store(on);
    esctl.json(&["snapshot", "take", "--category", "resource"]);
    let item = |args: &[&str]| esctl.json(&[&["replay", "--category", "resource"], args].concat())["items"][0].clone();
    assert_eq!(item(&[])["snapshot_version"], 4);
    assert_eq!(item(&["--no-snapshot"])["events_applied"], 4);
    assert_eq!(item(&["--reducer", "count"])["state"]["events"], 4);
    assert_eq!(esctl.run(&["replay", "--category", "order", "--reducer", "resource"]).code, 2);
}

fn more_streams_than_a_page_are_all_there(on: Backend) {
    let esctl = a_store(on);
    // Through the library: a process each would be slow.
    let many = 1100;
    let first = |n: usize| AppendRequest {
        stream: format!("many-{n:05}").parse().unwrap(),
        expected: ExpectedVersion::NoStream,
        events: vec![NewEvent::new(EventType::parse("t").unwrap(), &json!({ "n": n })).unwrap()],
        time: RecordTime::StoreClock,
    };
    let store = store::open(&esctl.place.url.parse().unwrap(), Duration::from_secs(30)).unwrap();
    let outcomes = run(store.append_together((0..many).map(first).collect())).unwrap();
    assert!(outcomes.iter().all(Result::is_ok));
    let output = esctl.run(&["replay", "--category", "many", "-o", "ndjson"]);
    assert_eq!((output.stdout.lines().count(), output.code), (many, 0), "{}", output.stderr);
}
