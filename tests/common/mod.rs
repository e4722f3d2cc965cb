//! The whole program, run in a folder of its own, on a store of its own.

pub mod any_document;
pub mod backend;
pub mod mount;
pub mod not_run;
pub mod own_server;
pub mod pooler;
pub mod process;
pub mod proxy;
pub mod tamper;
pub mod writers;

use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use crate::common::backend::Backend;
use crate::common::backend::Place;
use crate::common::tamper::Change;

/// A program and its store.
pub struct Esctl {
    /// The folder. It is removed with this value.
    pub dir: TempDir,
    /// The place of the store.
    pub place: Place,
}

/// The output of a run.
#[derive(Debug)]
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Esctl {
    pub fn new(on: Backend) -> Self {
        let dir = TempDir::new().unwrap();
        let place = Place::fresh(on, dir.path(), "store");
        Self { dir, place }
    }

    /// Returns a place for another store.
    pub fn another_place(&self, on: Backend) -> Place {
        Place::fresh(on, self.dir.path(), &uuid::Uuid::new_v4().to_string())
    }

    /// The file of a name in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs a command on the store.
    pub fn run(&self, args: &[&str]) -> Output {
        self.run_on(&self.place.url, args)
    }

    /// Runs a command on another store.
    pub fn run_on(&self, store: &str, args: &[&str]) -> Output {
        self.run_as("ann", store, args)
    }

    /// Runs a command on the store that must succeed.
    #[track_caller]
    pub fn must(&self, args: &[&str]) {
        let output = self.run(args);
        assert_eq!(output.code, 0, "{args:?}: {output:?}");
    }

    /// The program in its folder, with nothing in its environment that names a store.
    pub fn command(&self) -> Command {
        let mut command = Command::cargo_bin("esctl").unwrap();
        command.env_clear().env("TZ", "UTC").env("HOME", self.dir.path()).current_dir(self.dir.path());
        command
    }

    /// Runs a command on a store, asked for by a client.
    pub fn run_as(&self, client: &str, store: &str, args: &[&str]) -> Output {
        let output = self.command().env("ESCTL_CLIENT", client).args(["--store", store]).args(args).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Output { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code().unwrap() }
    }

    /// Runs a command that must succeed; its JSON.
    pub fn json(&self, args: &[&str]) -> Value {
        let output = self.run(&[args, &["-o", "json"]].concat());
        assert_eq!(output.code, 0, "{args:?}: {output:?}");
        serde_json::from_str(&output.stdout).unwrap()
    }

    /// Runs a command that must end with this exit code; the error it says.
    pub fn error(&self, code: i32, args: &[&str]) -> Value {
        let output = self.run(&[args, &["-o", "json"]].concat());
        assert_eq!(output.code, code, "{args:?}: {output:?}");
        let line = output.stderr.lines().rfind(|line| line.starts_with("{\"error\"")).unwrap();
        serde_json::from_str::<Value>(line).unwrap()["error"].clone()
    }

    /// Changes something in the store behind the program's back.
    pub fn tamper(&self, change: Change) {
        assert_ne!(self.place.tamper(&change), 0, "{change:?}");
    }
}

/// A store with a resource `gold` (created, allocated, locked, unlocked), a resource `silver` and a stream `order-1`.
pub fn a_store(on: Backend) -> Esctl {
    let esctl = Esctl::new(on);
    let runs: [&[&str]; 7] = [
        &["resource", "create", "gold", "--owner", "p1", "--type", "currency", "--amount", "1000", "--max", "1000"],
        &["resource", "allocate", "gold", "100", "--reason", "shop"],
        &["resource", "lock", "gold", "--for", "1h", "--reason", "audit"],
        &["resource", "unlock", "gold"],
        &["resource", "create", "silver", "--owner", "p2", "--type", "currency", "--amount", "10", "--max", "50"],
        &["stream", "append", "order-1", "--type", "order.placed", "--data", r#"{"a":1,"b":{"c":2}}"#],
        &["stream", "append", "order-1", "--type", "order.paid", "--data", r#"{"b":{"d":3},"paid":true}"#],
    ];
    for args in runs {
        esctl.must(args);
    }
    esctl
}
