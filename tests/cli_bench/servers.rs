//! The same on servers: the scratch area is on the server, and is gone in the end, also after an interrupt.

use std::collections::BTreeSet;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use sqlx::Connection;

use super::assert_shape;
use super::esctl;

/// The prefix of the names of scratch areas.
const PREFIX: &str = "esctl_scratch_";

fn server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names no server: tests/servers starts one"))
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// The scratch areas that are on a server.
fn areas(server: &str) -> BTreeSet<String> {
    let names = block_on(async {
        if server.starts_with("mongodb") {
            return mongodb::Client::with_uri_str(server).await.unwrap().list_database_names().await.unwrap();
        }
        let mut connection = sqlx::PgConnection::connect(server).await.unwrap();
        sqlx::query_scalar("SELECT nspname::text FROM pg_namespace").fetch_all(&mut connection).await.unwrap()
    });
    names.into_iter().filter(|name| name.starts_with(PREFIX)).collect()
}

/// A server's benches report what they should and leave nothing behind.
fn measured(variable: &str) {
    let server = server(variable);
    let before = areas(&server);
    for (what, arguments) in [
        ("append", &["append", "--events", "60", "--streams", "4"][..]),
        ("append", &["append", "--events", "200", "--streams", "4", "--writers", "8", "--batch", "5"]),
        ("append", &["append", "--events", "60", "--batch", "3", "--group", "4", "--existing", "50", "--indexed"]),
        ("read", &["read", "--events", "500", "--streams", "7"]),
        ("read", &["read", "--events", "500", "--streams", "1", "--by-stream"]),
        ("replay", &["replay", "--events", "500", "--streams", "7"]),
        ("project", &["project", "--events", "500", "--streams", "7", "--batch", "50"]),
    ] {
        let output = esctl(&[&["bench"], arguments, &["-o", "json", "--store", &server]].concat()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        let report = serde_json::from_slice(&output.stdout).unwrap();
        assert_shape(&report, what);
        assert!(report["store"].as_str().unwrap().contains(PREFIX), "{report}");
        assert_eq!(areas(&server), before, "{arguments:?} left something behind");
    }
    interrupted(&server, &before);
}

fn interrupted(server: &str, before: &BTreeSet<String>) {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("esctl"))
        .args(["bench", "append", "--events", "10000000", "-q", "--store", server])
        .env_remove("ESCTL_STORE")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while areas(server) == *before {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(20));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(areas(server), *before, "the interrupted one left something behind");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn postgres_is_measured_and_left_as_it_was() {
    measured("ESCTL_TEST_POSTGRES");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_replica_set_is_measured_and_left_as_it_was() {
    measured("ESCTL_TEST_MONGODB");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_standalone_mongodb_is_measured_and_left_as_it_was() {
    measured("ESCTL_TEST_MONGODB_STANDALONE");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_folder_means_nothing_on_a_server() {
    let output = esctl(&["bench", "append", "--dir", "/tmp", "--store", &server("ESCTL_TEST_POSTGRES")]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--dir"));
}
