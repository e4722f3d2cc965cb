//! Runs the tests that are written in JavaScript, for Node: one process a test, against a server of its own.

use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use crate::serve::support::Served;

/// Returns the path of Node of a major version, which is fetched where it is not there.
pub fn node_of(major: u32) -> String {
    let fetch = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node");
    let output = Command::new(fetch).arg(major.to_string()).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "Node {major} is not to be had");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A test that runs.
pub struct Script {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Script {
    /// Starts a test of a folder of `tests/serve`, with more for its environment.
    pub fn start(served: &Served, folder: &str, test: &str, environment: &[(&str, &str)]) -> Self {
        Self::start_in("node", served, folder, test, environment)
    }

    /// The same in another Node than the system's.
    pub fn start_in(node: &str, served: &Served, folder: &str, test: &str, environment: &[(&str, &str)]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve").join(folder).join("tests.mjs");
        let mut command = Command::new(node);
        command.arg(script).arg(test).env("ESCTL_URL", &served.url).env("ESCTL_STORE", &served.store);
        command.env("ESCTL_PROGRAM", assert_cmd::cargo::cargo_bin!("esctl")).envs(environment.iter().copied());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("node: tests/run installs it");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn next(&mut self) -> Option<String> {
        self.lines.next().map(Result::unwrap)
    }

    /// Waits for its end, which must be a good one; whenever it says `kill`, the server is killed and started again.
    pub async fn ends_well(mut self, served: &mut Served) {
        let mut last = String::new();
        while let Some(line) = self.next() {
            if line == "kill" {
                served.restart().await;
            }
            last = line;
        }
        let status = self.child.wait().unwrap();
        assert!(status.success() && last == "done", "{status}; what it said is above");
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
