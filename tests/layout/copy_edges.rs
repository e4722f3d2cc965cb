//! Copies and mirrors that cannot have all events of their source, and copies that begin at once.

use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use rusqlite::Connection;
use serde_json::Value;
use serde_json::json;
use url::Url;

use crate::common::Esctl;
use crate::common::a_store;
use crate::common::backend::Backend;
use crate::common::backend::Place;
use crate::common::proxy::Mode;
use crate::common::proxy::Proxy;
use crate::common::proxy::anything;
use crate::layout::copy::copy;
use crate::layout::copy::on;
use crate::layout::copy_follow::Running;
use crate::layout::copy_follow::has;
use crate::layout::stores::Foreign;

crate::on_every_backend! {
    two_different_copies_that_begin_at_once_never_mix
    a_mirror_goes_on_beside_names_that_esctl_refuses
    an_event_of_another_program_in_a_copy_is_named
    a_mirror_goes_on_beside_a_stream_with_an_event_of_another_program
    a_copy_of_a_part_says_which_quarantine_it_lacks
    a_mirror_takes_no_event_for_late_after_its_target_was_unavailable
}

const LAYOUT: &str = "title = \"Log\"\nengine = \"sqlite\"\n[events]\nfrom = \"log\"\nposition = \"e.id\"\nstream = { parts = [\"e.s\"] }\n\
    version = { column = \"e.v\", first = 1 }\ntype = \"e.t\"\ndata = { column = \"e.d\" }\n[follow]\nrule = \"rowid\"\n";

/// A log of another program, the file of its layout, and its database.
fn log(rows: &[(i64, &str, i64, &str)]) -> (Foreign, String, Connection) {
    let foreign = Foreign::sqlite("CREATE TABLE log (id INTEGER PRIMARY KEY, s TEXT, v INT, t TEXT, d TEXT, UNIQUE (s, v))");
    let layout = foreign.file("log.toml", LAYOUT);
    let file = Connection::open(foreign.esctl.path("foreign.db")).unwrap();
    file.busy_timeout(Duration::from_secs(20)).unwrap();
    rows.iter().for_each(|row| insert(&file, *row));
    (foreign, layout, file)
}

fn insert(file: &Connection, (id, stream, version, kind): (i64, &str, i64, &str)) {
    let insert = "INSERT INTO log VALUES (?1, ?2, ?3, ?4, '{}')";
    file.execute(insert, rusqlite::params![id, stream, version, kind]).unwrap();
}

fn two_different_copies_that_begin_at_once_never_mix(to: Backend) {
    let rows: Vec<(i64, &str, i64, &str)> = (1..=40).map(|n| (n, "s-1", n, "T")).collect();
    let (one, other) = (log(&rows), log(&rows));
    for round in 0..6 {
        let target = one.0.esctl.another_place(to);
        let start = |(foreign, layout, _): &(Foreign, String, Connection)| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_esctl"));
            command.env_clear().env("HOME", foreign.esctl.dir.path());
            command.args(["copy", "--from", &foreign.url, "--from-layout", layout, "--to", &target.url]);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let running = [start(&one), start(&other)];
        let ended = running.map(|child| child.wait_with_output().unwrap());
        let codes = ended.each_ref().map(|output| output.status.code().unwrap());
        let errors = ended.each_ref().map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
        // At most one copies, and another one says why it does not.
        assert!(codes.contains(&4) && codes.iter().all(|code| [0, 4].contains(code)), "{round}: {codes:?} {errors:?}");
        for (code, error) in codes.iter().zip(&errors).filter(|(code, _)| **code == 4) {
            assert!(error.contains("another copy"), "{round}: {code} {error}");
        }
        let found = one.0.esctl.run_on(&target.url, &["stream", "read", "--all", "-o", "ndjson"]);
        assert_eq!(found.stdout.lines().count(), if codes.contains(&0) { 40 } else { 0 }, "{round}: {codes:?}");
        // Afterwards the one goes on, and the other is refused.
        let again = [&one, &other].map(|(foreign, layout, _)| copy(foreign, layout, &target.url, &[]).0);
        let expected = if codes[1] == 0 { [4, 0] } else { [0, 4] };
        assert_eq!(again, expected, "{round}: {codes:?}");
    }
}

fn a_mirror_goes_on_beside_names_that_esctl_refuses(to: Backend) {
    let (foreign, layout, file) = log(&[(1, "s-1", 1, "T"), (2, "s-2", 1, "T")]);
    let target = foreign.esctl.another_place(to);
    let from = ["--from", &foreign.url, "--from-layout", &layout];
    let running = Running::start(&foreign, &from, &target, &[]);
    has(&foreign, &target.url, 2);
    let rows = [(3, "$odd", 1, "T"), (4, "s-1", 2, "T"), (5, "s-1", 3, ""), (6, "s-1", 4, "T"), (7, "s-2", 2, "T")];
    rows.into_iter().for_each(|row| insert(&file, row));
    has(&foreign, &target.url, 4);
    drop(running);
    // What is left out is counted and named, again in each copy.
    let (code, report, err) = copy(&foreign, &layout, &target.url, &[]);
    assert_eq!((code, &report["ok"], &report["events_copied"]), (8, &json!(false), &json!(0)), "{err}");
    assert_eq!((&report["refused"]["events"], &report["not_copied"]["events"]), (&json!(2), &json!(1)), "{report}");
    let names: Vec<(&Value, &Value)> =
        report["refused"]["names"].as_array().unwrap().iter().map(|name| (&name["kind"], &name["name"])).collect();
    assert_eq!(names, [(&json!("stream"), &json!("$odd")), (&json!("type"), &json!(""))]);
    assert!(err.contains("names that esctl refuses") && err.contains("--rename"), "{err}");
    assert_eq!(report["source"]["digest"], foreign.read(&layout, &["digest"])["digest"]);
    // A mirror that is started again goes on.
    let running = Running::start(&foreign, &from, &target, &[]);
    insert(&file, (8, "s-2", 3, "T"));
    has(&foreign, &target.url, 5);
    drop(running);
    let shown = foreign.esctl.run_on(&target.url, &["copy", from[0], from[1], from[2], from[3], "--to", &target.url]);
    assert!(shown.stdout.contains("not copied, because esctl refuses a name") && shown.stdout.contains("$odd"), "{shown:?}");
    on(&foreign, &target.url, &["verify"]);
    // A copy into an empty store lists them before it writes.
    let (code, _, err) = copy(&foreign, &layout, &foreign.esctl.another_place(to).url, &[]);
    assert!(code == 2 && err.contains("names_refused"), "{err}");
}

/// Appends an event to a mirror by hand.
fn by_hand(foreign: &Foreign, store: &str, stream: &str) {
    // The log is of 1970, as it has no times.
    let append = ["stream", "append", stream, "--type", "Forged", "--data", "{}", "--accept-clock"];
    let output = foreign.esctl.run_on(store, &append);
    assert_eq!(output.code, 0, "{output:?}");
}

fn an_event_of_another_program_in_a_copy_is_named(to: Backend) {
    let (foreign, layout, file) = log(&[(1, "s-1", 1, "T"), (2, "s-2", 1, "T")]);
    let target = foreign.esctl.another_place(to);
    assert_eq!(copy(&foreign, &layout, &target.url, &[]).0, 0);
    by_hand(&foreign, &target.url, "s-1");
    let (code, report, err) = copy(&foreign, &layout, &target.url, &[]);
    assert_eq!((code, &report["added"]["events"]), (8, &json!(1)), "{report} {err}");
    assert!(err.contains("has 1 event that the copy did not write, the first version 2 of stream s-1"), "{err}");
    // Its stream is not copied any further, so the event stays at the end of it. Others are.
    insert(&file, (3, "s-1", 2, "T"));
    insert(&file, (4, "s-2", 2, "T"));
    let (code, report, err) = copy(&foreign, &layout, &target.url, &[]);
    assert_eq!((code, &report["events_copied"], &report["not_copied"]["events"]), (8, &json!(1), &json!(1)), "{report} {err}");
    assert_eq!(report["added"]["first"][0]["stream"], "s-1", "{report}");
    let read = on(&foreign, &target.url, &["stream", "read", "s-1"]);
    assert_eq!((&read["items"][1]["type"], read["items"].as_array().unwrap().len()), (&json!("Forged"), 2), "{read}");
    // The copy of a store of esctl names the event in place of its own.
    let source = a_store(Backend::Sqlite);
    let target = source.another_place(to);
    let line = ["copy", "--from", &source.place.url, "--to", &target.url];
    assert_eq!(source.run(&line).code, 0);
    let append = ["stream", "append", "order-1", "--type", "order.sent", "--data", "{}"];
    assert_eq!(source.run_on(&target.url, &append).code, 0);
    let added = source.run(&line);
    assert!(added.code == 8 && added.stderr.contains("the first version 3 of stream order-1"), "{added:?}");
    source.must(&append);
    let refused = source.run(&line);
    assert!(refused.code == 4 && refused.stderr.contains("version 3 of stream order-1 already"), "{refused:?}");
}

fn a_mirror_goes_on_beside_a_stream_with_an_event_of_another_program(to: Backend) {
    let (foreign, layout, file) = log(&[(1, "s-1", 1, "T"), (2, "s-2", 1, "T")]);
    let target = foreign.esctl.another_place(to);
    let running = Running::start(&foreign, &["--from", &foreign.url, "--from-layout", &layout], &target, &[]);
    has(&foreign, &target.url, 2);
    insert(&file, (3, "s-1", 2, "T"));
    has(&foreign, &target.url, 3);
    // The mirror knows the end of this stream.
    by_hand(&foreign, &target.url, "s-1");
    insert(&file, (4, "s-1", 3, "T"));
    insert(&file, (5, "s-2", 2, "T"));
    has(&foreign, &target.url, 5);
    insert(&file, (6, "s-2", 3, "T"));
    has(&foreign, &target.url, 6);
    drop(running);
    let read = on(&foreign, &target.url, &["stream", "read", "s-1"]);
    let types: Vec<&Value> = read["items"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["T", "T", "Forged"]);
    let (code, report, _) = copy(&foreign, &layout, &target.url, &[]);
    assert_eq!((code, &report["added"]["events"], &report["not_copied"]["events"]), (8, &json!(1), &json!(1)), "{report}");
}

fn a_copy_of_a_part_says_which_quarantine_it_lacks(from: Backend) {
    let esctl = a_store(from);
    let read = esctl.json(&["stream", "read", "resource-gold"]);
    let id = read["items"][1]["event_id"].as_str().unwrap();
    esctl.must(&["quarantine", "add", id, "--reason", "by hand"]);
    let copied = |args: &[&str]| {
        let target = esctl.another_place(Backend::Sqlite);
        let line = [&["copy", "--from", &esctl.place.url, "--to", &target.url, "-o", "json"], args].concat();
        let output = esctl.run(&line);
        assert_eq!(output.code, 0, "{args:?}: {output:?}");
        (serde_json::from_str::<Value>(&output.stdout).unwrap()["quarantined"].clone(), output.stderr, target)
    };
    // Sorted, as several streams are, or not.
    for part in [&["--category", "resource"][..], &["resource-gold", "order-1"], &["resource-gold"]] {
        let (quarantined, stderr, _) = copied(part);
        assert_eq!((&quarantined["events"], &quarantined["first"][0]["version"]), (&json!(1), &json!(2)), "{part:?}");
        assert!(stderr.contains("has no quarantine: 1 event quarantined in the source"), "{part:?}: {stderr}");
    }
    assert_eq!(copied(&["order-1"]).0["events"], 0);
    // The whole store has it.
    let (quarantined, stderr, target) = copied(&[]);
    assert!(quarantined["events"] == 0 && stderr.is_empty(), "{stderr}");
    assert_eq!(amount(&esctl, &target.url), amount(&esctl, &esctl.place.url));
}

fn amount(esctl: &Esctl, store: &str) -> String {
    let output = esctl.run_on(store, &["resource", "show", "gold", "-o", "json"]);
    assert_eq!(output.code, 0, "{output:?}");
    serde_json::from_str::<Value>(&output.stdout).unwrap()["amount"].to_string()
}

/// A target, and what makes it unavailable.
enum Breakable {
    File(Connection),
    Server(Proxy),
}

impl Breakable {
    /// The target is reached by the URL that is returned.
    fn of(target: &Place) -> (Self, String) {
        if let Some(path) = target.url.strip_prefix("sqlite:") {
            return (Self::File(Connection::open(path).unwrap()), target.url.clone());
        }
        let mut url: Url = target.url.parse().unwrap();
        let proxy = Proxy::before(url.port().unwrap(), anything);
        url.set_port(Some(proxy.port())).unwrap();
        (Self::Server(proxy), url.to_string())
    }

    fn break_down(&self) {
        match self {
            Self::File(file) => file.execute_batch("BEGIN EXCLUSIVE").unwrap(),
            Self::Server(proxy) => proxy.set(Mode::Gone),
        }
    }

    fn repair(&self) {
        match self {
            Self::File(file) => file.execute_batch("ROLLBACK").unwrap(),
            Self::Server(proxy) => proxy.set(Mode::Pass),
        }
    }
}

fn a_mirror_takes_no_event_for_late_after_its_target_was_unavailable(to: Backend) {
    let (foreign, layout, file) = log(&[(1, "s-1", 1, "T"), (2, "s-2", 1, "T")]);
    let target = foreign.esctl.another_place(to);
    assert_eq!(copy(&foreign, &layout, &target.url, &[]).0, 0);
    let (breakable, url) = Breakable::of(&target);
    let mut command = Command::new(env!("CARGO_BIN_EXE_esctl"));
    command.env_clear().env("HOME", foreign.esctl.dir.path()).args(["--timeout", "1s", "copy", "--follow", "-o", "ndjson"]);
    command.args(["--from", &foreign.url, "--from-layout", &layout, "--to", &url]);
    let (said, log) = (foreign.esctl.path("stderr"), std::fs::File::create(foreign.esctl.path("stderr")).unwrap());
    let _running = Running(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    let says = |words: &str| {
        let end = Instant::now() + Duration::from_secs(60);
        while !std::fs::read_to_string(&said).unwrap().contains(words) {
            assert!(Instant::now() < end, "{words}: {}", std::fs::read_to_string(&said).unwrap());
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    says("following new events");
    breakable.break_down();
    // At once, so that one write has them all.
    file.execute_batch("BEGIN").unwrap();
    (2..7).for_each(|n| insert(&file, (n + 1, "s-1", n, "T")));
    file.execute_batch("COMMIT").unwrap();
    says("unavailable");
    breakable.repair();
    assert_eq!(has(&foreign, &target.url, 7), foreign.read(&layout, &["digest"])["digest"]);
    let (code, report, err) = copy(&foreign, &layout, &target.url, &[]);
    assert_eq!((code, &report["ok"], &report["late"]["events"]), (0, &json!(true), &json!(0)), "{err}");
}
