//! `esctl selftest` as a whole program: what it says, and that its scratch area is gone, whatever happens.

use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use sqlx::Connection;

use crate::common::Esctl;
use crate::common::backend::Backend;

/// Returns the names that begin as the name of a scratch folder does.
fn scratch_folders(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("esctl-scratch-")).collect()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// The name of the scratch area in a report.
fn area(report: &Value) -> String {
    let store = report["store"].as_str().unwrap();
    let at = store.find("esctl_scratch_").unwrap();
    store[at..].split(['?', '&']).next().unwrap().to_owned()
}

fn is_there(server: &str, area: &str) -> bool {
    block_on(async {
        if server.starts_with("postgres") {
            let mut connection = sqlx::PgConnection::connect(server).await.unwrap();
            let there = sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL").bind(area);
            return there.fetch_one(&mut connection).await.unwrap();
        }
        let client = mongodb::Client::with_uri_str(server).await.unwrap();
        client.list_database_names().await.unwrap().iter().any(|name| name == area)
    })
}

fn start(esctl: &Esctl, store: &str) -> Child {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("esctl"));
    command.args(["--store", store, "selftest", "--seconds", "600", "-o", "json"]).env("TMPDIR", esctl.dir.path());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap().success());
}

/// A run that is interrupted while it works: its report.
fn interrupted(store: &str, with: &str, code: i32) -> Value {
    let esctl = Esctl::new(Backend::Sqlite);
    let child = start(&esctl, store);
    while scratch_folders(esctl.dir.path()).is_empty() {
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(1500));
    signal(&child, with);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert_eq!(scratch_folders(esctl.dir.path()), Vec::<String>::new());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], true, "{report}");
    assert!(report["appends"]["applied"].as_u64().unwrap() > 0, "{report}");
    report
}

#[test]
fn every_promise_is_tried_and_nothing_is_left() {
    let esctl = Esctl::new(Backend::Sqlite);
    let report = esctl.json(&["selftest", "--seconds", "1"]);
    assert_eq!((&report["ok"], &report["findings"]), (&Value::Bool(true), &Value::Array(Vec::new())));
    for tried in report["promises"].as_array().unwrap() {
        assert_eq!(tried["broken"], 0);
        assert!(tried["tried"].as_u64().unwrap() > 0 || tried["promise"] == "unknown_outcomes", "{tried}");
    }
    let left: Vec<_> = std::fs::read_dir(esctl.dir.path()).unwrap().collect();
    assert!(left.is_empty(), "neither a scratch folder nor the store that was named: {left:?}");
}

#[test]
fn a_file_is_tried_where_it_is_or_will_be() {
    let esctl = Esctl::new(Backend::Sqlite);
    for file in ["here.db", "not/yet/there.db"] {
        let url = format!("sqlite:{file}");
        let args = ["--store", &url, "selftest", "--seconds", "1", "-o", "json"];
        let output = Command::new(assert_cmd::cargo::cargo_bin!("esctl"))
            .args(args)
            .current_dir(esctl.dir.path())
            .env("TMPDIR", "/nonexistent")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(scratch_folders(esctl.dir.path()), Vec::<String>::new());
    }
}

#[test]
fn an_interrupt_ends_it_early_with_a_report_and_nothing_left() {
    interrupted("sqlite::memory:", "INT", 130);
    interrupted("sqlite::memory:", "TERM", 143);
}

#[test]
fn a_server_that_is_not_there_is_an_error_and_leaves_nothing() {
    let esctl = Esctl::new(Backend::Sqlite);
    let output = esctl.run_on("postgres://u:hidden@127.0.0.1:1/d", &["selftest", "--timeout", "2s"]);
    assert_eq!(output.code, 6, "{output:?}");
    assert!(!output.stderr.contains("hidden"), "{output:?}");
    assert_eq!(scratch_folders(esctl.dir.path()), Vec::<String>::new());
}

fn on_a_server(variable: &str) {
    let server = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names no server: tests/servers starts one"));
    let output = Esctl::new(Backend::Sqlite).run_on(&server, &["selftest", "--seconds", "1", "-o", "json"]);
    assert_eq!(output.code, 0, "{output:?}");
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(report["ok"], true);
    for area in [area(&report), area(&interrupted(&server, "INT", 130))] {
        assert!(!is_there(&server, &area), "{area} is still there");
    }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn nothing_is_left_on_postgres() {
    on_a_server("ESCTL_TEST_POSTGRES");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn nothing_is_left_on_mongodb() {
    on_a_server("ESCTL_TEST_MONGODB");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn nothing_is_left_on_a_standalone_mongodb() {
    on_a_server("ESCTL_TEST_MONGODB_STANDALONE");
}
