//! A mirror that is kept up to date while the source is written, and killed in between.

use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use rusqlite::Connection;
use serde_json::Value;
use serde_json::json;

use crate::common::a_store;
use crate::common::backend::Backend;
use crate::common::backend::Place;
use crate::layout::copy::copy;
use crate::layout::copy::on;
use crate::layout::stores::Foreign;

crate::on_every_backend! {
    a_mirror_follows_its_source_and_goes_on_after_a_kill
    a_late_event_stops_its_stream_until_it_is_appended
    a_mirror_of_a_store_of_esctl_follows_it
}

const LAYOUT: &str = r#"
title  = "Log"
engine = "sqlite"
[events]
from     = "log"
POSITION
stream   = { parts = ["e.s"] }
version  = { column = "e.v", first = 1 }
type     = "e.t"
data     = { column = "e.d" }
[follow]
rule = "RULE"
"#;

/// A mirror that runs until it is dropped.
pub struct Running(pub Child);

impl Running {
    pub fn start(foreign: &Foreign, from: &[&str], target: &Place, args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_esctl"));
        command.env_clear().env("HOME", foreign.esctl.dir.path()).args(["copy", "--follow", "-o", "ndjson"]);
        command.args(from).args(["--to", &target.url]).args(args);
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // As kill -9.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn add(file: &Connection, numbers: std::ops::Range<i64>) {
    for n in numbers {
        let insert = "INSERT INTO log (id, s, v, t, d) SELECT ?1, 's-' || (?1 % 3), ifnull(max(v), 0) + 1, 'T', json_object('n', ?1) FROM log WHERE s = 's-' || (?1 % 3)";
        file.execute(insert, [n]).unwrap();
    }
}

fn log(ordered: bool) -> (Foreign, String, Connection) {
    let foreign = Foreign::sqlite("CREATE TABLE log (id INTEGER PRIMARY KEY, s TEXT, v INT, t TEXT, d TEXT, UNIQUE (s, v))");
    let text = match ordered {
        true => LAYOUT.replace("POSITION", "position = \"e.id\"").replace("RULE", "rowid"),
        false => LAYOUT.replace("POSITION", "").replace("RULE", "streams"),
    };
    let layout = foreign.file("log.toml", &text);
    let file = Connection::open(foreign.esctl.path("foreign.db")).unwrap();
    file.busy_timeout(Duration::from_secs(20)).unwrap();
    (foreign, layout, file)
}

/// Waits until a store has a number of events; the digest of all of them.
#[track_caller]
pub fn has(foreign: &Foreign, store: &str, events: u64) -> Value {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let output = foreign.esctl.run_on(store, &["digest", "-o", "json"]);
        let digest: Value = serde_json::from_str(&output.stdout).unwrap_or_default();
        if digest["events"] == json!(events) {
            return digest["digest"].clone();
        }
        assert!(Instant::now() < end, "{events} events were expected: {output:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn a_mirror_follows_its_source_and_goes_on_after_a_kill(to: Backend) {
    for ordered in [true, false] {
        let (foreign, layout, file) = log(ordered);
        let target = foreign.esctl.another_place(to);
        let from = ["--from", &foreign.url, "--from-layout", &layout];
        add(&file, 1..11);
        let running = Running::start(&foreign, &from, &target, &[]);
        has(&foreign, &target.url, 10);
        add(&file, 11..31);
        has(&foreign, &target.url, 30);
        drop(running);
        add(&file, 31..41);
        let running = Running::start(&foreign, &from, &target, &[]);
        has(&foreign, &target.url, 40);
        add(&file, 41..51);
        let copied = has(&foreign, &target.url, 50);
        assert_eq!(copied, foreign.read(&layout, &["digest"])["digest"], "{ordered}");
        drop(running);
        let (code, report, err) = copy(&foreign, &layout, &target.url, &[]);
        assert_eq!((code, &report["events_copied"], &report["ok"]), (0, &json!(0), &json!(true)), "{err}");
        on(&foreign, &target.url, &["verify"]);
    }
}

fn a_late_event_stops_its_stream_until_it_is_appended(to: Backend) {
    let (foreign, layout, file) = log(true);
    let target = foreign.esctl.another_place(to);
    let from = ["--from", &foreign.url, "--from-layout", &layout];
    let insert = |id: i64, stream: &str, v: i64| {
        file.execute("INSERT INTO log VALUES (?1, ?2, ?3, 'T', '{}')", rusqlite::params![id, stream, v]).unwrap();
    };
    insert(10, "a-1", 1);
    insert(20, "a-1", 3);
    let running = Running::start(&foreign, &from, &target, &[]);
    has(&foreign, &target.url, 2);
    // At once, so that one poll sees them all.
    file.execute_batch("BEGIN").unwrap();
    insert(15, "a-1", 2);
    insert(30, "a-1", 4);
    insert(16, "b-1", 1);
    insert(40, "b-1", 2);
    file.execute_batch("COMMIT").unwrap();
    // The other stream goes on, and its late event is in its place.
    has(&foreign, &target.url, 4);
    drop(running);
    let events = on(&foreign, &target.url, &["stream", "read", "b-1"]);
    assert_eq!(events["items"][0]["metadata"]["source"]["position"], 16, "{events}");
    let (code, report, err) = copy(&foreign, &layout, &target.url, &[]);
    assert_eq!((code, &report["not_copied"]["events"]), (8, &json!(2)), "{err}");
    let _running = Running::start(&foreign, &from, &target, &["--late", "append"]);
    assert_eq!(has(&foreign, &target.url, 6), foreign.read(&layout, &["digest"])["digest"]);
}

fn a_mirror_of_a_store_of_esctl_follows_it(to: Backend) {
    let (foreign, _, _) = log(true);
    let source = a_store(Backend::Sqlite);
    let target = foreign.esctl.another_place(to);
    let running = Running::start(&foreign, &["--from", &source.place.url], &target, &[]);
    has(&foreign, &target.url, 7);
    source.must(&["resource", "add", "gold", "5"]);
    let copied = has(&foreign, &target.url, 8);
    drop(running);
    source.must(&["resource", "add", "gold", "5"]);
    let _running = Running::start(&foreign, &["--from", &source.place.url], &target, &[]);
    assert_ne!(has(&foreign, &target.url, 9), copied);
    assert_eq!(has(&foreign, &target.url, 9), source.json(&["digest"])["digest"]);
}
