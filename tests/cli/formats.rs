//! Five formats that say the same, and nothing unsafe in any of them.

use std::fs;
use std::fs::OpenOptions;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;

use crate::cli::support::Answer;
use crate::cli::support::HOSTILE;
use crate::cli::support::Home;
use crate::cli::support::is_raw;
use crate::cli::support::start;
use crate::cli::support::words;
use crate::common::backend::Backend;

crate::on_every_backend! {
    the_formats_of_a_list_agree
    the_formats_of_a_report_agree
    a_write_is_answered_with_one_line
    the_demo_checks_what_it_shows_and_keeps_its_store_where_asked
    empty_lists_are_lists
    nothing_hostile_is_printed_raw
    formulas_in_csv_are_defused
    poor_surroundings
    a_pipe_that_is_closed_early_ends_it_quietly
    #[cfg(target_os = "linux")] stdout_that_is_full_or_closed_is_6
}

const LISTS: [&str; 10] = [
    "resource list",
    "resource history gold",
    "stream list",
    "stream read order-1",
    "stream read --all --backwards",
    "stream tail --no-follow",
    "projection list",
    "projection status",
    "projection query resources",
    "projection run",
];

const REPORTS: [&str; 6] = [
    "resource show gold",
    "resource show gold --server",
    "stream show order-1",
    "verify",
    "stats",
    "resource allocate gold 1 --dry-run",
];

/// Removes the fields that differ between two runs of the same command.
fn without_moments(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        for name in ["lag_seconds", "events", "updated_at", "last_regenerated", "last_updated", "state", "row"] {
            members.remove(name);
        }
    }
    value
}

fn the_formats_of_a_list_agree(on: Backend) {
    let home = Home::seeded(on);
    home.run("projection run").ok();
    for line in LISTS {
        let run = |format: &str| home.run(&format!("{line} -o {format}")).ok();
        let json = run("json").json();
        assert!(json["next"].is_null(), "{line}");
        let strip = |items: &[Value]| items.iter().cloned().map(without_moments).collect::<Vec<_>>();
        let items = strip(json["items"].as_array().unwrap());
        assert!(!items.is_empty(), "{line}");
        assert_eq!(strip(&run("ndjson").lines()), items, "{line}");
        let yaml: Value = yaml_serde::from_str(&run("yaml").out).unwrap();
        assert_eq!(strip(yaml["items"].as_array().unwrap()), items, "{line}");
        let csv = run("csv").out;
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), items.len(), "{line}");
        for (row, item) in rows.iter().zip(&items) {
            for (name, value) in item.as_object().unwrap() {
                let at = header.iter().position(|field| field == name).unwrap_or_else(|| panic!("{line}: no column {name}"));
                assert_eq!(&row[at], as_cell(value), "{line}: {name}");
            }
        }
        let table = run("table").out;
        assert_eq!(table.lines().count(), items.len() + 1, "{line}\n{table}");
    }
}

fn as_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn the_formats_of_a_report_agree(on: Backend) {
    let home = Home::seeded(on);
    for line in REPORTS {
        let run = |format: &str| home.run(&format!("{line} -o {format}")).ok();
        let json = without_moments(run("json").json());
        assert!(json.as_object().unwrap().len() > 3, "{line}");
        let ndjson = run("ndjson").lines();
        assert_eq!(ndjson.into_iter().map(without_moments).collect::<Vec<_>>(), std::slice::from_ref(&json), "{line}");
        let yaml: Value = yaml_serde::from_str(&run("yaml").out).unwrap();
        assert_eq!(without_moments(yaml), json, "{line}");
        let csv = run("csv").out;
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let header = reader.headers().unwrap().clone();
        let row = reader.records().next().unwrap().unwrap();
        for (name, value) in json.as_object().unwrap() {
            let at = header.iter().position(|field| field == name).unwrap();
            assert_eq!(&row[at], as_cell(value), "{line}: {name}");
        }
        assert!(!run("table").out.is_empty());
    }
}

fn a_write_is_answered_with_one_line(on: Backend) {
    let home = Home::new(on);
    let says = |line: &str, expected: &str| assert_eq!(home.run(line).ok().out, format!("{expected}\n"), "{line}");
    says("resource create gold --owner o --type t --amount 10 --max 20", "applied: resource-gold #1   amount 10 of 20");
    says("resource allocate gold 3 --idempotency-key k", "applied: resource-gold #2   amount 10 → 7 of 20");
    says("resource allocate gold 3 --idempotency-key k", "applied before: resource-gold #2   nothing changed");
    says("doc create plan --data {\"a\":1}", "applied: document-plan #1   a 1");
    says("doc set plan a=2 b=3", "applied: document-plan #2   a 1 → 2, +b 3");
    says("doc set plan a=2", "unchanged: document-plan #2   there was nothing to change");
    says("doc delete plan", "applied: document-plan #3   deleted");
    says("game new g --seed 1", "applied: game-g #1   waiting for 2 players");
    says("game join g --player ann", "applied: game-g #2   +ann");
    says("stream append order-1 --type order.placed --data {\"total\":5}", "applied: order-1 #1   order.placed   total 5");
    home.file("batch.ndjson", "{\"type\":\"a\",\"data\":{}}\n{\"type\":\"b\",\"data\":{}}\n");
    says("stream append order-1 --batch batch.ndjson", "applied: order-1 #2-3   2 events   a, b");
    let dry = home.run("resource allocate gold 2 --dry-run").ok().out;
    assert!(dry.starts_with("dry run: resource-gold #3   amount 7 → 5 of 20\n  #3  resource.allocated   amount 2,"), "{dry}");
    let event = &home.run("stream read resource-gold -o json").ok().items()[1];
    let verbose = home.run("resource allocate gold 3 --idempotency-key k -v").ok().out;
    let (id, position) = (event["event_id"].as_str().unwrap(), &event["position"]);
    assert_eq!(verbose.lines().nth(1).unwrap(), format!("  #2  resource.allocated  position {position}  event {id}"));
}

fn the_demo_checks_what_it_shows_and_keeps_its_store_where_asked(on: Backend) {
    let home = Home::new(on);
    let scratch = home.path("scratch");
    fs::create_dir(&scratch).unwrap();
    let run = |line: &str| {
        let output = home.command().env("TMPDIR", &scratch).args(words(line)).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Answer { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
    };
    let shown = run("demo").ok().out;
    for part in
        ["1 applied: resource-gold #5", "9 error:", "stored:        9999", "no differences", "verdict:  ok", "Nothing was kept"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    let report = run("demo -o json").ok().json();
    assert_eq!((&report["verified"], &report["store"]), (&true.into(), &Value::Null));
    assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0, "nothing is left behind");
    assert!(home.has_no_store(), "the store of the user is not touched");

    let kept = run("demo --keep kept -o json").ok().json();
    let store = kept["store"].as_str().unwrap();
    for command in kept["to_try"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().trim_start_matches("esctl ")) {
        if !["ui", "serve"].contains(&command) {
            run(&format!("{command} --store {store}")).ok();
        }
    }
    run(&format!("verify --store {store}")).ok();
    let before = fs::read(home.path("kept/demo.db")).unwrap();
    run("demo --keep kept").fails(2, "already exists");
    assert_eq!(fs::read(home.path("kept/demo.db")).unwrap(), before);
}

fn empty_lists_are_lists(on: Backend) {
    let home = Home::new(on);
    home.run("init").ok();
    for line in ["resource list", "stream list", "stream read --all", "stream tail --no-follow", "projection query resources"] {
        assert_eq!(home.run(&format!("{line} -o json")).ok().out, "{\"items\":[],\"next\":null}\n", "{line}");
        assert_eq!(home.run(&format!("{line} -o ndjson")).ok().out, "", "{line}");
        let yaml: Value = yaml_serde::from_str(&home.run(&format!("{line} -o yaml")).ok().out).unwrap();
        assert_eq!(yaml["items"], serde_json::json!([]), "{line}");
        let table = home.run(line).ok();
        assert!(table.out.is_empty() && table.err.starts_with("no "), "{line} {table:?}");
    }
    assert!(home.run("stats").ok().out.contains('0'));
    home.run("verify").ok();
}

fn nothing_hostile_is_printed_raw(on: Backend) {
    let home = Home::new(on);
    home.run_args(&["resource", "create", "g", "--owner", HOSTILE, "--type", HOSTILE, "--amount", "9", "--max", "9"]).ok();
    home.run_args(&["resource", "lock", "g", "--reason", HOSTILE]).ok();
    let key: &str = &serde_json::json!({ HOSTILE: HOSTILE, "deep": [{ "x": HOSTILE }] }).to_string();
    home.run_args(&["stream", "append", "h-1", "--type", "t", "--data", key, "--metadata", key]).ok();
    let lines = [
        "resource list",
        "resource show g --server",
        "resource history g",
        "resource allocate g 1",
        "resource unlock g --dry-run",
        "resource create g2 --owner x --type t --amount 1 --max 1",
        "stream read --all",
        "stream tail --no-follow",
        "stream show h-1",
        "projection query resources",
        "stats",
        "verify",
    ];
    for line in lines {
        for format in ["table", "json", "ndjson", "yaml", "csv"] {
            let answer = home.run(&format!("{line} -o {format}"));
            assert!(!is_raw(&answer.out) && !is_raw(&answer.err), "{line} -o {format}\n{answer:?}");
        }
    }
    // The value itself is not lost.
    assert_eq!(home.run("resource show g -o json").ok().json()["owner_id"], HOSTILE);
    let yaml: Value = yaml_serde::from_str(&home.run("stream read h-1 -o yaml").ok().out).unwrap();
    assert_eq!(yaml["items"][0]["data"][HOSTILE], HOSTILE);
    let error = home.run("resource allocate g 1 -o json").error();
    assert_eq!(error["details"]["reason"], HOSTILE);
}

fn formulas_in_csv_are_defused(on: Backend) {
    let home = Home::new(on);
    for (n, owner) in ["=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)"].iter().enumerate() {
        home.run_args(&[
            "resource",
            "create",
            &format!("r{n}"),
            &format!("--owner={owner}"),
            "--type",
            "t",
            "--amount",
            "1",
            "--max",
            "1",
        ])
        .ok();
    }
    let csv = home.run("resource list -o csv").ok().out;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert!(reader.records().all(|row| row.unwrap()[1].starts_with('\'')), "{csv}");
}

fn poor_surroundings(on: Backend) {
    let home = Home::seeded(on);
    for (name, value) in [
        ("TERM", "dumb"),
        ("LANG", "C"),
        ("COLUMNS", "20"),
        ("TZ", "Nowhere/None"),
        ("LC_ALL", "xx_YY"),
        ("NO_COLOR", "1"),
        ("ESCTL_LOG", "debug"),
    ] {
        for line in LISTS.iter().chain(&REPORTS) {
            let mut command = home.command();
            command.env(name, value).args(words(line));
            let answer = Answer::of(start(&mut command), b"").ok();
            assert!(!answer.out.contains('\u{1b}') && !answer.out.is_empty(), "{name}={value} {line}");
        }
    }
    // Nothing at all.
    let mut command = home.command();
    command.env_clear().args(["--store", home.store(), "stream", "read", "--all"]);
    Answer::of(start(&mut command), b"").ok();
}

fn a_pipe_that_is_closed_early_ends_it_quietly(on: Backend) {
    let home = Home::new(on);
    let batch = "{\"type\":\"t\",\"data\":{\"text\":\"something to fill the pipe\"}}\n".repeat(20_000);
    home.feed("stream append a-1 --batch -", batch.as_bytes()).ok();
    for format in ["table", "json", "ndjson", "yaml", "csv"] {
        let mut child = start(home.command().args(["stream", "read", "a-1", "-o", format]));
        let mut first = [0; 100];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut first).unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""), "{format}");
    }
    // Closed before anything is written.
    for line in ["stats", "--help", "demo", "stream list"] {
        let mut child = start(home.command().args(words(line)));
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{line} {output:?}");
    }
}

#[cfg(target_os = "linux")]
fn stdout_that_is_full_or_closed_is_6(on: Backend) {
    let home = Home::seeded(on);
    for line in [
        "resource list",
        "stream read --all -o ndjson",
        "stats",
        "verify -o json",
        "--help",
        "--version",
        "demo",
        "resource show gold -o yaml",
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command: Command = home.command();
        let output = command.args(words(line)).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(6) && said.contains("cannot write stdout"), "{line} {output:?}");
        let mut shell = Command::new("sh");
        let inner = home.command();
        shell.env_clear().env("HOME", "/").env("ESCTL_STORE", home.store());
        shell.args(["-c", "exec \"$0\" \"$@\" >&-"]).arg(inner.get_program()).args(words(line));
        let output = shell.stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(6), "{line} {output:?}");
    }
    // stderr full or closed hides nothing of the exit code.
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = home.command().args(["resource", "show", "nope"]).stderr(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let output = home.command().args(["-vv", "resource", "list"]).stderr(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}
