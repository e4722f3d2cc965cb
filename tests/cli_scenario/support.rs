//! Files of scenarios, and the program without a store.

use std::fs;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use crate::common::Output;

/// A folder to run scenarios in; no store is named.
pub struct Folder(TempDir);

/// The events that come first where a resource is wanted.
pub const GOLD: &str = "given: [{stream: resource-gold, type: resource.created, data: {owner_id: ann, resource_type: gold, \
                        amount: 100, max_amount: 1000, regeneration_rate: 0.0, metadata: {}}}]\n";

impl Folder {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// Writes a file; its name.
    pub fn file<'n>(&self, name: &'n str, text: &str) -> &'n str {
        fs::write(self.0.path().join(name), text).unwrap();
        name
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    /// The names of what is in it.
    pub fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    /// Runs the program in it, with its temporary files in it as well.
    pub fn run(&self, args: &[&str]) -> Output {
        self.feed(args, "")
    }

    pub fn feed(&self, args: &[&str], stdin: &str) -> Output {
        let mut command = Command::cargo_bin("esctl").unwrap();
        command.env_clear().env("TZ", "UTC").env("HOME", self.0.path()).env("TMPDIR", self.0.path());
        let output = command.current_dir(self.0.path()).args(args).write_stdin(stdin).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Output { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code().unwrap() }
    }

    /// The reports of the scenarios in a text, in their order.
    pub fn reports(&self, text: &str) -> Vec<Value> {
        let output = self.feed(&["scenario", "run", "-", "-o", "ndjson"], text);
        assert!(output.code <= 1, "{output:?}");
        output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
