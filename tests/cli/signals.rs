//! A signal during a write that is no append: the write is waited for, and its outcome is said.

use std::process::Child;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::cli::outcomes::behind_a_proxy;
use crate::cli::outcomes::marked;
use crate::cli::support::Answer;
use crate::cli::support::EVENT_ID;
use crate::cli::support::Home;
use crate::cli::support::signal;
use crate::cli::support::start;
use crate::cli::support::words;
use crate::common::backend::Backend;
use crate::common::proxy::Mode;

/// Longer than the program takes to end by itself where it waits for nothing.
const LONGER_THAN_THE_GRACE: Duration = Duration::from_millis(900);

/// Starts a command with the store that it writes to.
fn started(home: &Home, store: &str, timeout: &str, typed: &str) -> Child {
    let mut command = home.command();
    command.env("ESCTL_STORE", store).env("ESCTL_OUTPUT", "json").env("ESCTL_TIMEOUT", timeout).args(words(typed));
    start(&mut command)
}

/// Waits for the end of a command; its code and the error that it says.
fn ended(child: Child, typed: &str) -> (i32, Value) {
    let answer = Answer::of(child, b"");
    let line = answer.err.lines().last().unwrap_or_else(|| panic!("{typed}: {answer:?}"));
    let error: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{typed}: {error}: {answer:?}"));
    (answer.code, error["error"].clone())
}

fn says_applied(typed: &str, name: &str, (code, error): (i32, Value)) {
    let expected = if name == "INT" { 130 } else { 143 };
    assert_eq!((code, &error["details"]["outcome"]), (expected, &"applied".into()), "{typed}: {error}");
    assert!(error["details"]["repeat"].is_string(), "{typed}: {error}");
}

/// Holds the lock for writing of a SQLite store while the work runs.
fn under_the_lock<T>(home: &Home, work: impl FnOnce() -> T) -> T {
    let connection = rusqlite::Connection::open(home.path("store.db")).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let done = work();
    connection.execute_batch("ROLLBACK").unwrap();
    done
}

#[test]
fn each_command_that_writes_says_after_a_signal_that_its_write_was_applied() {
    let home = Home::seeded(Backend::Sqlite);
    home.run("projection run").ok();
    let definition = "--all --key .event.stream --reduce '{n: 1}'";
    for (number, typed) in [
        "projection pause resources",
        "projection resume resources",
        "projection run resources --on-error park",
        "snapshot take resource-gold",
        "snapshot delete resource-gold --yes",
        "snapshot take --category resource",
        "snapshot delete resource-gold --yes",
        &format!("projection create mine {definition}"),
        "projection delete mine --yes",
        &format!("quarantine add {EVENT_ID} --reason r"),
        &format!("quarantine release {EVENT_ID}"),
        "resource add gold 1",
        "stream append order-1 --type t --data {}",
    ]
    .into_iter()
    .enumerate()
    {
        let name = if number % 2 == 0 { "INT" } else { "TERM" };
        if typed.starts_with("projection delete") {
            // Its first write drops the read model: without one it changes nothing, and the outcome is `none`.
            home.run("projection run mine").ok();
        }
        let after = |pause: Duration| {
            let child = under_the_lock(&home, || {
                let child = started(&home, home.store(), "20s", typed);
                thread::sleep(pause);
                signal(name, &child);
                thread::sleep(LONGER_THAN_THE_GRACE);
                child
            });
            ended(child, typed)
        };
        // On a busy machine the signal may come before the write began; then nothing was changed, and it is tried again.
        let mut outcomes = [1, 5, 15].map(|times| LONGER_THAN_THE_GRACE * times).into_iter().map(after);
        let outcome = outcomes.find(|(_, error)| error["details"]["outcome"] != "none");
        let outcome = outcome.unwrap_or_else(|| panic!("{typed}: no write begins"));
        says_applied(typed, name, outcome);
    }
    assert_eq!(home.run("quarantine list -o json").ok().items().len(), 0);
    // An append that is not waited for any longer has an unknown outcome.
    let code = under_the_lock(&home, || {
        let child = started(&home, home.store(), "3s", "projection pause resources");
        thread::sleep(LONGER_THAN_THE_GRACE);
        signal("TERM", &child);
        thread::sleep(Duration::from_millis(100));
        signal("TERM", &child);
        ended(child, "projection pause resources")
    });
    assert_eq!((code.0, &code.1["details"]["outcome"]), (10, &"unknown".into()), "{code:?}");
}

#[test]
fn a_signal_before_the_write_changes_nothing_and_says_so() {
    let home = Home::seeded(Backend::Sqlite);
    let typed = "projection create mine --all --key .event.stream --reduce @/dev/stdin";
    let mut command = home.command();
    command.env("ESCTL_OUTPUT", "json").args(words(typed));
    let mut child = start(&mut command);
    // It waits for its stdin.
    let stdin = child.stdin.take();
    thread::sleep(LONGER_THAN_THE_GRACE);
    signal("INT", &child);
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!((output.status.code(), &error["error"]["details"]["outcome"]), (Some(130), &"none".into()), "{error}");
}

/// A server that gets a write only after the signal: the program waits for its answer.
fn a_write_that_is_held(on: Backend, server: &str) {
    let home = Home::seeded(on);
    home.run("projection run").ok();
    home.run("resource create other --owner lost-answer --type t --amount 1 --max 1").ok();
    let (proxy, through) = behind_a_proxy(&home, server, marked);
    for (number, typed) in [
        "projection pause resources --client lost-answer",
        "snapshot take resource-other",
        &format!("quarantine add {EVENT_ID} --reason lost-answer"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = if number % 2 == 0 { "INT" } else { "TERM" };
        proxy.set(Mode::Hold);
        let mut child = started(&home, &through, "20s", typed);
        while !proxy.has_held() {
            let gone = child.try_wait().unwrap();
            assert!(gone.is_none(), "{typed}: nothing was held: {:?}", child.wait_with_output());
            thread::sleep(Duration::from_millis(5));
        }
        signal(name, &child);
        thread::sleep(LONGER_THAN_THE_GRACE);
        proxy.set(Mode::Pass);
        says_applied(typed, name, ended(child, typed));
    }
    let paused = home.run("projection status -o json").ok().items();
    assert_eq!(paused[0]["paused"]["by"], "lost-answer", "{paused:?}");
    assert_eq!(home.run("snapshot list -o json").ok().items().len(), 1);
    assert_eq!(home.run("quarantine list -o json").ok().items().len(), 1);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_write_that_is_held_on_postgres_is_waited_for() {
    a_write_that_is_held(Backend::Postgres, "ESCTL_TEST_POSTGRES");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_write_that_is_held_on_mongodb_is_waited_for() {
    a_write_that_is_held(Backend::MongoReplicaSet, "ESCTL_TEST_MONGODB");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_write_that_is_held_on_a_standalone_mongodb_is_waited_for() {
    a_write_that_is_held(Backend::MongoStandalone, "ESCTL_TEST_MONGODB_STANDALONE");
}
