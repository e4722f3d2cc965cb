//! `esctl bench` as a whole program: what it reports, and that it leaves nothing behind. How fast it is, is no test.

mod servers;

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

fn esctl(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("esctl").unwrap();
    command.env_remove("ESCTL_STORE").args(arguments);
    command
}

fn esctl_in(folder: &Path, arguments: &[&str]) -> Output {
    esctl(arguments).env("XDG_DATA_HOME", folder.join("data")).args(["--dir"]).arg(folder).output().unwrap()
}

fn report(folder: &Path, arguments: &[&str]) -> Value {
    let output = esctl_in(folder, &[&["bench"], arguments, &["-o", "json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Everything that is promised, and nothing that does not belong to it.
fn assert_shape(report: &Value, what: &str) {
    assert_eq!(report["what"], what);
    for field in ["events", "batch", "writers", "streams"] {
        assert!(report[field].as_u64().unwrap() >= 1, "{field} of {report}");
    }
    let beside_scan = what == "replay" || what == "project";
    for (field, is_there) in [
        ("events_per_second", true),
        ("bare_events_per_second", true),
        ("ratio", true),
        ("seconds", true),
        ("p50_micros", what == "append"),
        ("p99_micros", what == "append"),
        ("one_writer_events_per_second", report["writers"] != 1 && report.get("refused").is_none()),
        ("gain", report["writers"] != 1 && report.get("refused").is_none()),
        ("scan_events_per_second", beside_scan),
        ("times_the_scan", beside_scan),
    ] {
        let value = report.get(field).map(|value| value.as_f64().unwrap());
        assert_eq!(value.is_some_and(|value| value > 0.0), is_there, "{field} of {report}");
    }
    assert!(report.get("peak_memory_bytes").is_some(), "{report}");
    assert!(!report["bare_statement"].as_str().unwrap().is_empty(), "{report}");
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn each_bench_reports_both_rates_and_removes_its_store() {
    for (what, arguments) in [
        ("append", &["append", "--events", "60", "--streams", "4"][..]),
        ("read", &["read", "--events", "500", "--streams", "7"]),
        ("read", &["read", "--events", "500", "--streams", "7", "--by-stream"]),
        ("replay", &["replay", "--events", "500", "--streams", "7", "--batch", "50"]),
        ("project", &["project", "--events", "500", "--streams", "7", "--batch", "50"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let report = report(folder.path(), arguments);
        assert_shape(&report, what);
        let wanted = if what == "append" { 4 } else { 7 };
        assert_eq!(report["streams"], wanted, "{what}");
        assert!(report["store"].as_str().unwrap().contains("esctl-bench-"), "{report}");
        assert!(is_empty(folder.path()), "{what} left something behind");
    }
}

#[test]
fn streams_to_which_nothing_came_are_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path(), &["append", "--events", "50", "--streams", "1000"]);
    assert_eq!((&report["events"], &report["streams"]), (&50.into(), &50.into()));
}

#[test]
fn a_sweep_reports_each_number_of_streams() {
    let folder = tempfile::tempdir().unwrap();
    for what in ["read", "replay", "project"] {
        let list = report(folder.path(), &[what, "--events", "300", "--sweep=10,100"]);
        let items = list["items"].as_array().unwrap();
        let sizes: Vec<_> = items.iter().map(|item| (item["streams"].as_u64(), item["events"].as_u64())).collect();
        assert_eq!(sizes, [(Some(10), Some(300)), (Some(100), Some(500))]);
        items.iter().for_each(|item| assert_shape(item, what));
        let rates: Vec<f64> = items.iter().map(|item| item["events_per_second"].as_f64().unwrap()).collect();
        for (item, rate) in items.iter().zip(&rates) {
            assert!((item["of_first"].as_f64().unwrap() - rate / rates[0]).abs() < 1e-6, "{item}");
        }
    }
    assert!(is_empty(folder.path()));
    let default = report(folder.path(), &["read", "--events", "500"]);
    assert_eq!(default["streams"], 50);
}

#[test]
fn several_writers_append_batches_to_as_many_streams_as_were_asked_for() {
    for streams in ["1", "2", "7"] {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["append", "--events", "200", "--streams", streams, "--writers", "3", "--batch", "5"];
        let report = report(folder.path(), &arguments);
        let streams: u64 = streams.parse().unwrap();
        assert_eq!((&report["writers"], &report["batch"], &report["streams"]), (&3.into(), &5.into(), &streams.into()));
        assert!(report["events"].as_u64().unwrap() >= 200, "{report}");
        // Writers that share streams are compared with the same writers on many.
        assert_eq!(report.get("ratio_to_spread").is_some_and(|ratio| ratio.as_f64().unwrap() > 0.0), streams < 3, "{report}");
        assert_shape(&report, "append");
    }
}

#[test]
fn appends_share_commits_in_a_store_that_has_events() {
    let folder = tempfile::tempdir().unwrap();
    let arguments =
        ["append", "--events", "120", "--batch", "3", "--group", "4", "--existing", "50", "--streams", "9", "--indexed"];
    let report = report(folder.path(), &arguments);
    for (field, value) in [("events", 120), ("batch", 3), ("group", 4), ("existing", 50), ("streams", 9)] {
        assert_eq!(report[field], value, "{report}");
    }
    assert_eq!(report["indexed"], true, "{report}");
    assert_shape(&report, "append");
    assert!(is_empty(folder.path()));
    for wrong in [
        &["--existing", "9", "--writers", "2"][..],
        &["--group", "2", "--commands"],
        &["--group", "0"],
        &["--batch", "65536", "--group", "65536", "--writers", "4294967295"],
    ] {
        let refused = esctl_in(folder.path(), &[&["bench", "append"], wrong].concat());
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn commands_on_one_stream_are_not_refused() {
    let folder = tempfile::tempdir().unwrap();
    let commands = ["append", "--commands", "--events", "200", "--writers", "8", "--streams"];
    let hot = report(folder.path(), &[&commands[..], &["1"]].concat());
    assert_eq!((&hot["streams"], &hot["refused"], &hot["events"]), (&1.into(), &0.into(), &200.into()), "{hot}");
    assert!(hot["spread_events_per_second"].as_f64().unwrap() > 0.0 && hot["ratio_to_spread"].as_f64().unwrap() > 0.0, "{hot}");
    assert_shape(&hot, "append");
    let spread = report(folder.path(), &[&commands[..], &["20"]].concat());
    assert_eq!((&spread["streams"], &spread["refused"]), (&20.into(), &0.into()), "{spread}");
    assert!(spread.get("ratio_to_spread").is_none(), "{spread}");
    let refused = esctl_in(folder.path(), &["bench", "append", "--commands", "--batch", "2"]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn a_store_that_is_named_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine.db");
    let store = format!("sqlite:{}", mine.display());
    let output = esctl_in(folder.path(), &["bench", "append", "--events", "20", "--store", &store]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("not touched"));
    assert!(!mine.exists());
    assert!(is_empty(folder.path()));
}

#[test]
fn a_folder_that_is_not_there_is_said_to_be_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let output = esctl_in(&folder.path().join("nowhere"), &["bench", "read", "--events", "20"]);
    assert_eq!(output.status.code(), Some(6));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--dir"));
}

#[cfg(unix)]
#[test]
fn an_interrupted_bench_removes_its_store() {
    let folder = tempfile::tempdir().unwrap();
    let program = assert_cmd::cargo::cargo_bin("esctl");
    let mut child = std::process::Command::new(program)
        .args(["bench", "append", "--events", "10000000", "-q", "--dir"])
        .arg(folder.path())
        .env_remove("ESCTL_STORE")
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let begun = || fs::read_dir(folder.path()).unwrap().flatten().any(|entry| entry.path().join("scratch.db").exists());
    while !begun() {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(is_empty(folder.path()));
}

/// A load that any machine carries.
#[test]
fn a_server_of_its_own_is_loaded_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(
        folder.path(),
        &["serve", "--clients", "12", "--streams", "5", "--fan-out", "200", "--rate", "100", "--seconds", "1"],
    );
    assert_eq!((&report["what"], &report["clients"], &report["streams"]), (&"serve".into(), &12.into(), &5.into()), "{report}");
    assert_eq!(report["clients_lost"], 0, "{report}");
    assert!(report.get("first_failure").is_none(), "{report}");
    for part in [&report["fan_out"], &report["slow_client"]["others"]] {
        assert!(part["deliveries"].as_u64() >= part["events"].as_u64(), "{report}");
        assert!(part["events"].as_u64().unwrap() > 0 && part["p99_micros"].as_u64() >= part["p50_micros"].as_u64(), "{report}");
        // Nothing is lost and nothing doubled, however slow the machine is.
        assert_eq!((&part["missing"], &part["doubled"]), (&0.into(), &0.into()), "{report}");
    }
    let commands = &report["commands"];
    assert!(commands["sent"].as_u64().unwrap() > 0, "{report}");
    assert_eq!((&commands["failed"], &commands["unanswered"]), (&0.into(), &0.into()), "{report}");
    assert!(report["store"].as_str().unwrap().contains("esctl-bench-"), "{report}");
    assert!(is_empty(folder.path()), "something was left behind");
}

#[test]
fn a_server_that_runs_already_can_be_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("mine.db").display());
    let mut server = std::process::Command::new(assert_cmd::cargo::cargo_bin("esctl"))
        .args(["-o", "ndjson", "--store", &store, "serve", "--listen", "127.0.0.1:0"])
        .env_remove("ESCTL_STORE")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(server.stdout.take().unwrap()), &mut line).unwrap();
    let url = serde_json::from_str::<Value>(&line).unwrap()["listening"].as_str().unwrap().to_owned();
    let arguments = ["bench", "serve", "--url", &url, "--clients", "3", "--streams", "2", "--fan-out", "20", "--rate", "20"];
    let output = esctl(&[&arguments[..], &["--seconds", "1", "-o", "json"]].concat()).output().unwrap();
    let ended = (server.kill(), server.wait());
    assert!(output.status.success(), "{} {ended:?}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["idle_bytes_per_client"], Value::Null, "another's memory is not known: {report}");
    assert_eq!(report["fan_out"]["missing"], 0, "{report}");
}
