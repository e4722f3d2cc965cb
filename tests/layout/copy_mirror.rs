//! A copy as a mirror: projections, replay and the chain work with it, and the domains of esctl do not fold its streams. And a copy
//! that is killed goes on.

use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::common::a_store;
use crate::common::backend::Backend;
use crate::layout::copy::copy;
use crate::layout::copy::on;
use crate::layout::stores::Foreign;

crate::on_every_backend! {
    the_domains_of_esctl_fold_no_copied_stream
    a_copy_that_is_killed_goes_on_and_doubles_nothing
    a_store_of_esctl_is_copied_as_it_is
    a_category_of_esctl_is_copied_and_its_domain_folds_it
}

const LAYOUT: &str = r#"
title  = "Games"
engine = "sqlite"
[events]
from     = "log"
position = "e.id"
stream   = { parts = ["e.s"] }
version  = { column = "e.v", first = 1 }
type     = "e.t"
time     = { column = "e.at", as = "epoch-ms" }
data     = { column = "e.d" }
"#;

/// Returns a store with events in four categories, two of which have domains of esctl.
fn log(events: u32) -> (Foreign, String) {
    let row = |n: u32| {
        let stream = ["game-1", "resource-gold", "order-1", "order-2"][n as usize % 4];
        format!("({n}, '{stream}', {}, 'game.created', {}, '{{\"n\":{n}}}')", n / 4 + 1, 1_700_000_000_000_u64 + u64::from(n))
    };
    let rows: Vec<String> = (0..events).map(|n| row(n).replacen(&format!("({n},"), &format!("({},", n + 1), 1)).collect();
    let table = "CREATE TABLE log (id INTEGER PRIMARY KEY, s TEXT, v INT, t TEXT, at INT, d TEXT, UNIQUE (s, v))";
    let foreign = Foreign::sqlite(&format!("{table}; INSERT INTO log VALUES {}", rows.join(",")));
    let layout = foreign.file("log.toml", LAYOUT);
    (foreign, layout)
}

fn the_domains_of_esctl_fold_no_copied_stream(to: Backend) {
    let (foreign, layout) = log(12);
    let target = foreign.esctl.another_place(to);
    assert_eq!(copy(&foreign, &layout, &target.url, &[]).0, 0);
    let game = on(&foreign, &target.url, &["replay", "game-1"]);
    assert_eq!((&game["reducer"], &game["state"]), (&json!("merge"), &json!({"n": 8})));
    let shown = foreign.esctl.run_on(&target.url, &["replay", "game-1"]);
    assert!(shown.stdout.contains("merge (copied from the store of another program)"), "{shown:?}");
    let jq = on(&foreign, &target.url, &["replay", "game-1", "--reducer", "jq: (.state // 0) + .event.data.n"]);
    assert_eq!(jq["state"], 12);
    let past = on(&foreign, &target.url, &["replay", "--category", "game", "--at", "2023-11-14T22:13:20.004Z"]);
    assert_eq!((&past["items"][0]["reducer"], &past["items"][0]["state"]), (&json!("merge"), &json!({"n": 4})));
    let steps = on(&foreign, &target.url, &["replay", "game-1", "--trace"]);
    assert_eq!(steps["items"][0]["reducer"], "merge");
    on(&foreign, &target.url, &["bisect", "game-1", "--where", ".n >= 4"]);
    // The projections of the domains have no rows of it, and one of an operator has.
    on(&foreign, &target.url, &["projection", "run"]);
    for list in [&["game", "list"][..], &["resource", "list"], &["resource", "list", "--at", "2024-01-01T00:00:00Z"]] {
        assert_eq!(on(&foreign, &target.url, list)["items"], json!([]), "{list:?}");
    }
    on(&foreign, &target.url, &["projection", "create", "own", "--all", "--key", ".stream", "--reduce", "{last: .event.data.n}"]);
    let rows = on(&foreign, &target.url, &["projection", "query", "own"]);
    assert_eq!(rows["items"].as_array().unwrap().len(), 4, "{rows}");
    let show = foreign.esctl.run_on(&target.url, &["resource", "add", "gold", "1", "-o", "json"]);
    assert!(show.code == 2 && show.stderr.contains("copied_stream"), "{show:?}");
    on(&foreign, &target.url, &["verify"]);
    on(&foreign, &target.url, &["snapshot", "take", "game-1"]);
    on(&foreign, &target.url, &["snapshot", "verify"]);
    // The whole mirror as of a moment.
    let past = foreign.esctl.another_place(Backend::Sqlite);
    let args = ["replay", "--all", "--at", "2023-11-14T22:13:20.004Z", "--into", &past.url];
    assert_eq!(on(&foreign, &target.url, &args)["events_copied"], 5);
}

fn a_copy_that_is_killed_goes_on_and_doubles_nothing(to: Backend) {
    let (foreign, layout) = log(6000);
    let digest = foreign.read(&layout, &["digest"]);
    let target = foreign.esctl.another_place(to);
    let mut events = 0;
    for moment in [60, 120, 200, 300, 450, 700, 1000] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_esctl"));
        command.env_clear().env("HOME", foreign.esctl.dir.path());
        command.args(["copy", "--from", &foreign.url, "--from-layout", &layout, "--to", &target.url]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(moment));
        let _ = child.kill();
        child.wait().unwrap();
        let found = foreign.esctl.run_on(&target.url, &["digest", "-o", "json"]);
        let found: Value = serde_json::from_str(&found.stdout).unwrap_or_default();
        let now = found["events"].as_u64().unwrap_or(0);
        assert!(now >= events, "{now} < {events}");
        events = now;
    }
    let (code, report, err) = copy(&foreign, &layout, &target.url, &[]);
    assert_eq!((code, &report["already_there"]), (0, &json!(events)), "{err}");
    let copied = on(&foreign, &target.url, &["digest"]);
    assert_eq!((&copied["events"], &copied["digest"]), (&json!(6000), &digest["digest"]));
    on(&foreign, &target.url, &["verify"]);
    // The order of positions is that of the source.
    let all = foreign.esctl.run_on(&target.url, &["stream", "read", "--all", "-o", "ndjson"]);
    for (number, line) in all.stdout.lines().enumerate() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["metadata"]["source"]["position"], json!(number + 1));
    }
}

fn a_store_of_esctl_is_copied_as_it_is(from: Backend) {
    let esctl = a_store(from);
    let target = esctl.another_place(Backend::Sqlite);
    let output = esctl.run(&["copy", "--from", &esctl.place.url, "--to", &target.url, "-o", "json"]);
    let report: Value = serde_json::from_str(&output.stdout).unwrap_or_default();
    assert_eq!((output.code, &report["events_copied"], &report["layout"]), (0, &json!(7), &Value::Null), "{output:?}");
    let read = |store: &str| esctl.run_on(store, &["stream", "read", "--all", "-o", "ndjson"]).stdout;
    // Down to the hashes.
    assert_eq!(read(&target.url), read(&esctl.place.url));
    let again = esctl.run(&["copy", "--from", &esctl.place.url, "--to", &target.url, "-o", "json"]);
    assert!(again.code == 0 && again.stdout.contains("\"events_copied\": 0"), "{again:?}");
    let gold = esctl.run_on(&target.url, &["resource", "add", "gold", "1"]);
    assert_eq!(gold.code, 0, "{gold:?}");
    // Another program has written into the copy: the digests differ.
    let differs = esctl.run(&["copy", "--from", &esctl.place.url, "--to", &target.url]);
    assert!(
        differs.code == 8 && differs.stderr.contains("the copy did not write, the first version 5 of stream resource-gold"),
        "{differs:?}"
    );
}

fn a_category_of_esctl_is_copied_and_its_domain_folds_it(from: Backend) {
    let esctl = a_store(from);
    let target = esctl.another_place(Backend::Sqlite);
    let line = ["copy", "--from", &esctl.place.url, "--to", &target.url, "--category", "resource"];
    assert_eq!(esctl.run(&line).code, 0);
    let shown = |store: &str| esctl.run_on(store, &["resource", "show", "gold", "-o", "json"]).stdout;
    assert_eq!(shown(&target.url), shown(&esctl.place.url));
    let digest = |store: &str, args: &[&str]| {
        let output = esctl.run_on(store, &[&["digest", "-o", "json"], args].concat());
        serde_json::from_str::<Value>(&output.stdout).unwrap()["digest"].clone()
    };
    assert_eq!(digest(&target.url, &[]), digest(&esctl.place.url, &["--category", "resource"]));
}
