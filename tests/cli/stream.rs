//! Streams: append, read, tail.

use std::io::BufRead;
use std::io::BufReader;

use serde_json::Value;

use crate::cli::support::EVENT_ID;
use crate::cli::support::Home;
use crate::cli::support::names;
use crate::cli::support::signal;
use crate::cli::support::start;
use crate::common::backend::Backend;

crate::on_every_backend! {
    one_event_from_an_argument_a_file_and_stdin
    a_batch_is_applied_as_a_whole
    expected_versions
    the_same_id_again
    reading_both_ways_in_parts
    since_and_until_are_both_included
    what_is_not_there_is_3
    a_tail_that_does_not_follow_ends
    a_follower_sees_each_event_once_and_in_order_and_ends_on_ctrl_c
    a_follower_without_a_reader_ends_quietly
    a_follower_waits_for_a_stream_and_a_store_that_are_not_there_yet
}

fn one_event_from_an_argument_a_file_and_stdin(on: Backend) {
    let home = Home::new(on);
    let report = home.run(r#"stream append order-1 --type t --data '{"b":1,"a":2}' --metadata '{"m":1}' -o json"#).ok().json();
    assert_eq!(names(&report), ["outcome", "stream", "version", "position", "events"]);
    let file = home.file("data.json", r#"{"from":"file"}"#);
    home.run(&format!("stream append order-1 --type t --data @{file}")).ok();
    home.feed("stream append order-1 --type t --data -", br#"{"from":"stdin"}"#).ok();
    let events = home.run("stream read order-1 -o ndjson").ok().lines();
    let fields =
        ["position", "event_id", "stream", "version", "type", "schema_version", "recorded_at", "data", "metadata", "hash"];
    assert_eq!(names(&events[0]), fields);
    assert_eq!(
        events.iter().map(|event| event["data"]["from"].clone()).collect::<Vec<_>>(),
        [Value::Null, "file".into(), "stdin".into()]
    );
    assert_eq!((&events[0]["metadata"]["m"], &events[0]["schema_version"]), (&1.into(), &1.into()));
    let time = events[0]["recorded_at"].as_str().unwrap();
    assert!(time.len() == 27 && time.ends_with('Z'), "{time}");
    home.run("stream append order-1 --type t --data @nofile").fails(3, "nofile");
    home.run("stream append order-1 --batch nofile").fails(3, "nofile");
    home.run("stream append order-1 --batch .").fails(2, "directory");
}

fn a_batch_is_applied_as_a_whole(on: Backend) {
    let home = Home::new(on);
    let batch: String = (0..2500).map(|n| format!("{{\"type\":\"t\",\"data\":{{\"n\":{n}}}}}\n")).collect();
    let file = home.file("batch.ndjson", &batch);
    let report = home.run(&format!("stream append a-1 --batch {file} -o json")).ok().json();
    assert_eq!((report["version"].as_i64(), report["events"].as_array().unwrap().len()), (Some(2500), 2500));
    let before = home.head();
    let bad = batch.replacen("{\"n\":1700}", "{\"n\":}", 1);
    home.feed("stream append a-1 --batch -", bad.as_bytes()).fails(2, "line 1701");
    assert_eq!(home.head(), before);
    let events = home.run("stream read a-1 -o ndjson").ok().lines();
    assert!(events.iter().enumerate().all(|(n, event)| event["data"]["n"] == n && event["version"] == n + 1));
}

fn expected_versions(on: Backend) {
    let home = Home::new(on);
    let append = |expected: &str| home.run(&format!("stream append a-1 --type t --data {{}} --expect-version {expected}"));
    append("exists").fails(4, "version 0, expected exists");
    append("1").fails(4, "version 0, expected 1");
    append("none").ok();
    append("none").fails(4, "version 1, expected none");
    append("0").fails(4, "version 1, expected 0");
    append("1").ok();
    append("exists").ok();
    append("any").ok();
    append("9223372036854775807").fails(4, "version 4");
    assert_eq!(home.head().0, 4);
}

fn the_same_id_again(on: Backend) {
    let home = Home::new(on);
    let line = |stream: &str, data: &str| format!("stream append {stream} --type t --data {data} --event-id {EVENT_ID} -o json");
    let first = home.run(&line("a-1", "{}")).ok().json();
    home.run("stream append a-1 --type t --data {}").ok();
    let before = home.head();
    let again = home.run(&format!("{} --expect-version none", line("a-1", "{}"))).ok().json();
    assert_eq!(
        (again["outcome"].as_str(), &again["events"], &again["position"]),
        (Some("already_applied"), &first["events"], &first["position"])
    );
    let other = home.run(&line("a-1", r#"{"x":1}"#));
    assert_eq!((other.code, other.error()["code"].as_str()), (4, Some("event_id_conflict")));
    let elsewhere = home.run(&line("b-1", "{}"));
    assert!(elsewhere.code == 4 && elsewhere.error()["message"].as_str().unwrap().contains("a-1"));
    // In a batch: with an event that is not known it is another batch.
    let batch = format!("{{\"type\":\"t\",\"data\":{{}},\"event_id\":\"{EVENT_ID}\"}}\n{{\"type\":\"u\",\"data\":{{}}}}\n");
    home.feed("stream append a-1 --batch -", batch.as_bytes()).fails(4, "was appended before, but only 1 of the 2 events");
    assert_eq!(home.head(), before);
    let whole = "{\"type\":\"t\",\"data\":{},\"event_id\":\"018c2f5e-7a00-7000-8000-0000000000b1\"}\n\
                 {\"type\":\"t\",\"data\":{},\"event_id\":\"018c2f5e-7a00-7000-8000-0000000000b2\"}\n";
    home.feed("stream append a-1 --batch -", whole.as_bytes()).ok();
    let again = home.feed("stream append a-1 --batch - -o json", whole.as_bytes()).ok().json();
    assert_eq!((again["outcome"].as_str(), again["version"].as_i64()), (Some("already_applied"), Some(4)));
}

fn reading_both_ways_in_parts(on: Backend) {
    let home = Home::new(on);
    let batch: String = (1..=30).map(|n| format!("{{\"type\":\"t{}\",\"data\":{{}}}}\n", n % 2)).collect();
    home.feed("stream append a-1 --batch -", batch.as_bytes()).ok();
    home.feed("stream append b-1 --batch -", batch.as_bytes()).ok();
    let read = |line: &str| -> Vec<u64> {
        let field = if line.contains("--all") { "position" } else { "version" };
        home.run(&format!("stream read {line} -o json")).ok().items().iter().map(|event| event[field].as_u64().unwrap()).collect()
    };
    assert_eq!(read("a-1"), (1..=30).collect::<Vec<_>>());
    assert_eq!(read("b-1 --backwards"), (1..=30).rev().collect::<Vec<_>>());
    assert_eq!(read("b-1 --from 3 --to 5"), [3, 4, 5]);
    assert_eq!(read("b-1 --from 3 --to 5 --backwards"), [5, 4, 3]);
    assert_eq!(read("b-1 --from 31"), [0; 0]);
    assert_eq!(read("b-1 --from 9223372036854775807"), [0; 0]);
    assert_eq!(read("b-1 --to 9223372036854775807 --limit 9223372036854775807").len(), 30);
    assert_eq!(read("b-1 --type t0 --limit 3"), [2, 4, 6]);
    assert_eq!(read("--all --from 29 --limit 4"), [29, 30, 31, 32]);
    assert_eq!(read("--all --category b --type t1 --limit 2 --backwards"), [59, 57]);
    assert_eq!(read("--all --category a --category b").len(), 60);
    assert_eq!(read("--all --category nope"), [0; 0]);
    let page = |line: &str| home.run(&format!("stream read {line} -o json")).ok().json()["next"].clone();
    assert_eq!(page("b-1 --limit 4"), "4");
    assert_eq!(page("b-1 --limit 4 --backwards"), "27");
    for line in
        ["b-1", "b-1 --limit 30", "b-1 --limit 30 --backwards", "b-1 --limit 1 --from 1 --backwards --to 1", "--all --limit 60"]
    {
        assert_eq!(page(line), Value::Null, "{line}: nothing comes after it");
    }
    // The value of `next` goes into --after, as with every list.
    for (line, whole) in [("b-1", "b-1"), ("b-1 --backwards", "b-1 --backwards"), ("--all --type t0", "--all --type t0")] {
        let (mut after, mut seen) = (String::new(), Vec::new());
        for _ in 0..30 {
            let part = home.run(&format!("stream read {line} --limit 4 -o json {after}")).ok().json();
            let field = if line.contains("--all") { "position" } else { "version" };
            seen.extend(part["items"].as_array().unwrap().iter().map(|event| event[field].as_u64().unwrap()));
            match part["next"].as_str() {
                Some(next) => after = format!("--after {next}"),
                None => break,
            }
        }
        assert_eq!(seen, read(whole), "{line}");
    }
    assert_eq!(read("b-1 --after 1 --backwards"), [0; 0]);
    assert_eq!(read("b-1 --after 30"), [0; 0]);
    assert!(home.run("stream read b-1 --limit 4").ok().err.contains("--after 4"));
}

fn since_and_until_are_both_included(on: Backend) {
    let home = Home::new(on);
    for _ in 0..5 {
        home.run("stream append a-1 --type t --data {}").ok();
    }
    let times: Vec<String> = home
        .run("stream read a-1 -o ndjson")
        .ok()
        .lines()
        .iter()
        .map(|e| e["recorded_at"].as_str().unwrap().to_owned())
        .collect();
    let read = |line: &str| -> Vec<u64> {
        let answer = home.run(&format!("stream read --all {line} -o ndjson")).ok();
        answer.lines().iter().map(|event| event["position"].as_u64().unwrap()).collect()
    };
    assert_eq!(read(&format!("--since {}", times[1])), [2, 3, 4, 5]);
    assert_eq!(read(&format!("--until {}", times[1])), [1, 2]);
    assert_eq!(read(&format!("--since {} --until {}", times[1], times[3])), [2, 3, 4]);
    assert_eq!(read(&format!("--since {} --until {}", times[1], times[1])), [2]);
    assert_eq!(read("--since 1970-01-01"), [1, 2, 3, 4, 5]);
    assert_eq!(read("--since 9999-12-31"), [0; 0]);
    assert_eq!(read("--until @0"), [0; 0]);
    assert_eq!(read("--since '10m ago'").len(), 5);
    let local = home.run("stream read --all --since '2020-01-01 00:00'").ok();
    assert!(local.err.contains("taken as local time: 2020-01-01T00:00:00.000000Z"), "{}", local.err);
}

fn what_is_not_there_is_3(on: Backend) {
    let home = Home::seeded(on);
    for line in ["read order-2", "show order-2", "tail order-2 --no-follow"] {
        home.run(&format!("stream {line}")).fails(3, "did you mean order-1?");
    }
    home.run("verify order-2").fails(3, "did you mean order-1?");
}

fn a_tail_that_does_not_follow_ends(on: Backend) {
    let home = Home::seeded(on);
    let positions = |line: &str| -> Vec<u64> {
        let answer = home.run(&format!("stream tail {line} --no-follow -o ndjson")).ok();
        answer.lines().iter().map(|event| event["position"].as_u64().unwrap()).collect()
    };
    assert_eq!(positions(""), [1, 2, 3]);
    assert_eq!(positions("-n 2"), [2, 3]);
    assert_eq!(positions("-n 0"), [0; 0]);
    assert_eq!(positions("order-1 -n 1"), [3]);
    assert_eq!(positions("--category resource"), [1]);
    assert_eq!(positions("--type order.placed"), [2]);
}

fn a_follower_sees_each_event_once_and_in_order_and_ends_on_ctrl_c(on: Backend) {
    let home = Home::new(on);
    home.run("stream append a-1 --type t --data {}").ok();
    let mut command = home.command();
    command.args(["stream", "tail", "--all", "-n", "5", "-o", "ndjson"]);
    let mut follower = start(&mut command);
    let stdout = BufReader::new(follower.stdout.take().unwrap());
    let batch = "{\"type\":\"t\",\"data\":{}}\n".repeat(40);
    let reader = std::thread::spawn(move || {
        let mut positions =
            stdout.lines().map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap()["position"].as_u64().unwrap());
        let seen: Vec<u64> = positions.by_ref().take(1 + 20 * 2 + 400).collect();
        // The pipe stays open: a follower without a reader ends by itself.
        (seen, positions)
    });
    std::thread::scope(|scope| {
        for stream in ["a-1", "b-1"] {
            let home = &home;
            let batch = batch.as_bytes();
            scope.spawn(move || {
                for _ in 0..20 {
                    home.run(&format!("stream append {stream} --type t --data {{}}")).ok();
                }
                for _ in 0..5 {
                    home.feed(&format!("stream append {stream} --batch -"), batch).ok();
                }
            });
        }
    });
    let (seen, _open) = reader.join().unwrap();
    assert_eq!(seen, (1..=seen.len() as u64).collect::<Vec<_>>());
    assert_eq!(home.head().0, 441);
    signal("INT", &follower);
    let output = follower.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}

fn a_follower_without_a_reader_ends_quietly(on: Backend) {
    let home = Home::new(on);
    home.run("stream append a-1 --type t --data {}").ok();
    let mut command = home.command();
    command.args(["stream", "tail", "--all", "-o", "ndjson"]);
    let mut follower = start(&mut command);
    let mut stdout = BufReader::new(follower.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert!(line.contains("\"position\":1"));
    // No further event comes, so no write can find out.
    drop(stdout);
    let output = follower.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

fn a_follower_waits_for_a_stream_and_a_store_that_are_not_there_yet(on: Backend) {
    let home = Home::new(on);
    let mut command = home.command();
    command.args(["stream", "tail", "late-1", "-o", "ndjson"]);
    let mut follower = start(&mut command);
    let mut stdout = BufReader::new(follower.stdout.take().unwrap());
    std::thread::sleep(std::time::Duration::from_millis(150));
    home.run("stream append other-1 --type t --data {}").ok();
    home.run("stream append late-1 --type t --data {}").ok();
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert!(line.contains("\"stream\":\"late-1\""), "{line}");
    signal("TERM", &follower);
    assert_eq!(follower.wait().unwrap().code(), Some(143));
}
