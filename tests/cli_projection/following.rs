//! Processes that follow: their output, the hint to run one, and that two of them apply no event twice.

use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

use crate::cli_projection::support::amounts;
use crate::cli_projection::support::ok;
use crate::cli_projection::support::seeded;
use crate::cli_projection::support::status;
use crate::cli_projection::support::with_a_bad_event;
use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::common::tamper::Change;

crate::on_every_backend! {
    a_follower_shows_what_it_applies_and_status_shows_the_follower
    two_followers_one_of_them_killed_take_each_event_in_once
    a_follower_of_a_projection_that_is_deleted_says_so_and_ends
    a_follower_that_is_asked_to_end_takes_itself_off_the_list
    one_that_cannot_go_on_keeps_none_of_the_others_from_it
    a_follower_of_a_store_that_is_restored_to_an_earlier_state_ends_with_the_reason
    a_stopped_follower_resumes_once_the_event_is_skipped_and_not_while_paused
}

struct Follower(Child, BufReader<ChildStdout>);

impl Follower {
    fn start(esctl: &Esctl) -> Self {
        Self::start_for(esctl, "resources")
    }

    fn start_for(esctl: &Esctl, name: &str) -> Self {
        Self::start_for_all(esctl, &[name])
    }

    /// Those named; all when none is.
    fn start_for_all(esctl: &Esctl, names: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_esctl"));
        command.env_clear().env("HOME", esctl.dir.path()).args(["--client", "bob", "--store", &esctl.place.url]);
        command.args(["projection", "run", "--follow", "-o", "ndjson"]).args(names).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut follower = Self(child, stdout);
        follower.line();
        follower
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for something that must come about; only a fault makes it give up.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} never came about");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn a_follower_shows_what_it_applies_and_status_shows_the_follower(on: Backend) {
    let esctl = seeded(on);
    let mut follower = Follower::start(&esctl);
    ok(&esctl, &["resource", "allocate", "gold", "1"]);
    let line = follower.line();
    assert_eq!((&line["from"], &line["position"], &line["events_applied"]), (&json!(2), &json!(3), &json!(1)));
    let runner = status(&esctl)["runners"][0].clone();
    assert_eq!((&runner["pid"], &runner["by"]), (&json!(follower.0.id()), &json!("bob")));
    esctl.error(2, &["projection", "run", "--follow"]);
}

fn two_followers_one_of_them_killed_take_each_event_in_once(on: Backend) {
    let esctl = seeded(on);
    let (first, second) = (Follower::start(&esctl), Follower::start(&esctl));
    for number in 0..20 {
        ok(&esctl, &["resource", "allocate", if number % 2 == 0 { "gold" } else { "wood" }, "1"]);
        if number == 10 {
            assert_eq!(status(&esctl)["runners"].as_array().unwrap().len(), 2);
        }
    }
    drop(first);
    ok(&esctl, &["resource", "allocate", "gold", "1"]);
    until("the head", || status(&esctl)["position"] == 23);
    assert_eq!(amounts(&esctl), [89, 90]);
    drop(second);
}

fn one_that_cannot_go_on_keeps_none_of_the_others_from_it(on: Backend) {
    let esctl = seeded(on);
    esctl.tamper(Change::Checkpoint);
    for other in ["documents", "games"] {
        ok(&esctl, &["projection", "rebuild", other]);
    }
    let mut follower = Follower::start_for_all(&esctl, &[]);
    ok(&esctl, &["doc", "create", "plan", "--data", "{}"]);
    until("the document", || {
        let line = follower.line();
        line["name"] == "documents" && line["events_applied"] == 1
    });
    assert_eq!(status(&esctl)["state"], "foreign");
    assert!(follower.0.try_wait().unwrap().is_none());
}

fn a_stopped_follower_resumes_once_the_event_is_skipped_and_not_while_paused(on: Backend) {
    let (esctl, id) = with_a_bad_event(on);
    let mut command = Command::new(env!("CARGO_BIN_EXE_esctl"));
    command.env_clear().env("HOME", esctl.dir.path()).args(["--store", &esctl.place.url, "projection", "run", "--follow"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the stop", || status(&esctl)["state"] == "stopped");
    ok(&esctl, &["projection", "errors", "resources", "--skip", &id]);
    until("the head", || status(&esctl)["position"] == 6);
    assert_eq!(amounts(&esctl), [92, 95]);
    ok(&esctl, &["projection", "pause", "resources"]);
    ok(&esctl, &["resource", "allocate", "wood", "5"]);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(status(&esctl)["position"], 6);
    ok(&esctl, &["projection", "resume", "resources"]);
    until("the head", || status(&esctl)["position"] == 7);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn a_follower_of_a_projection_that_is_deleted_says_so_and_ends(on: Backend) {
    let esctl = seeded(on);
    let create = ["projection", "create", "mine", "--from", "category:resource", "--key", ".stream", "--reduce", "{n: 1}"];
    ok(&esctl, &create);
    let mut follower = Follower::start_for(&esctl, "mine");
    ok(&esctl, &["projection", "delete", "mine", "--yes"]);
    // Nothing more happens in this store, and still it is noticed.
    until("the end", || follower.0.try_wait().unwrap().is_some());
    assert_eq!(follower.0.wait().unwrap().code(), Some(3));
}

fn a_follower_that_is_asked_to_end_takes_itself_off_the_list(on: Backend) {
    let esctl = seeded(on);
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut follower = Follower::start(&esctl);
        assert_eq!(status(&esctl)["runners"].as_array().unwrap().len(), 1);
        let kill = Command::new("kill").args([&format!("-{signal}"), &follower.0.id().to_string()]).status().unwrap();
        assert!(kill.success());
        assert_eq!(follower.0.wait().unwrap().code(), Some(code));
        assert_eq!(status(&esctl)["runners"], json!([]));
    }
}

/// Starts a command that follows, and reads its first line.
fn following(esctl: &Esctl, args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_esctl"));
    command.env_clear().env("HOME", esctl.dir.path()).args(["--store", &esctl.place.url, "-o", "ndjson"]).args(args);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert!(!line.is_empty(), "{args:?}");
    child
}

fn a_follower_of_a_store_that_is_restored_to_an_earlier_state_ends_with_the_reason(on: Backend) {
    let esctl = seeded(on);
    ok(&esctl, &["resource", "allocate", "gold", "1"]);
    ok(&esctl, &["projection", "run"]);
    let followers = [
        &["stream", "tail", "--all", "--follow"][..],
        &["stream", "tail", "resource-wood", "--follow"],
        &["projection", "run", "--follow"],
        &["projection", "run", "--follow", "resources"],
    ];
    let started: Vec<_> = followers.iter().map(|args| (args, following(&esctl, args))).collect();
    std::thread::sleep(Duration::from_millis(300));
    esctl.place.put_back(2);
    for (args, child) in started {
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(8), "{args:?}: {said}");
        assert!(said.contains("store_replaced"), "{args:?}: {said}");
    }
}
