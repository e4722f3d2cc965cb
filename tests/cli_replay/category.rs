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
    let one = |n: usize| AppendRequest {
        stream: format!("many-{n:05}").parse().unwrap(),
        expected: ExpectedVersion::Any,
        events: vec![NewEvent::new(EventType::parse("t").unwrap(), &json!({ "n": n })).unwrap()],
        time: RecordTime::StoreClock,
    };
    let store = store::open(&esctl.place.url.parse().unwrap(), Duration::from_secs(30)).unwrap();
    let second = (0..many).filter(|n| n % 3 == 0).collect::<Vec<_>>();
    for numbers in [(0..many).collect(), second] {
        let outcomes = run(store.append_together(numbers.into_iter().map(one).collect())).unwrap();
        assert!(outcomes.iter().all(Result::is_ok));
    }
    let head = run(store.head()).unwrap().position.0;
    esctl.json(&["snapshot", "take", "many-00600", "--reducer", "merge"]);
    // The states are the same, whether streams are read one by one or all at once.
    for args in [vec![], vec!["--position".into(), (head - 100).to_string()], vec!["--no-snapshot".into()]] {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = esctl.run(&[&["replay", "--category", "many", "-o", "ndjson"], args.as_slice()].concat());
        let lines: Vec<Value> = output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((lines.len(), output.code), (many, 0), "{}", output.stderr);
        let at = |value: &Value| if args.is_empty() || args[0] == "--no-snapshot" { Value::Null } else { value["at"].clone() };
        for n in [0, 199, 200, 201, 300, 600, 999, 1098, 1099] {
            let mut alone = esctl.json(&[&["replay", &format!("many-{n:05}")], args.as_slice()].concat());
            let mut found = lines[n].clone();
            (found["at"], alone["at"]) = (at(&found), at(&alone));
            assert_eq!(found, alone, "{args:?}");
        }
    }
    // A stream that cannot be folded is reported in its place, and the others are there.
    let reducer = r#"jq: if .event.data.n == 900 then error("bad") else .event.data end"#;
    let output = esctl.run(&["replay", "--category", "many", "--reducer", reducer, "-o", "ndjson"]);
    let lines: Vec<Value> = output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), output.code), (many, 8), "{}", output.stderr);
    for (n, line) in lines.iter().enumerate() {
        let stream = format!("many-{n:05}");
        assert_eq!((line["stream"].as_str(), line["broken"].is_null()), (Some(stream.as_str()), n != 900));
    }
    assert_eq!(lines[900]["broken"]["code"], "jq_failed");
    assert_eq!(lines[901]["state"]["n"], 901);
}
