//! A test program started again as another process, with a task and a store: one that can be killed.
//!
//! The task is done by a test that asks [`task`] for it and does nothing otherwise.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

const TASK: &str = "ESCTL_TEST_TASK";
const URL: &str = "ESCTL_TEST_URL";

/// Gives a command its task, on the store of a URL; `test` is the name of the test that does it.
pub fn with_task<'c>(command: &'c mut Command, test: &str, task: &str, url: &str) -> &'c mut Command {
    command.args(["--exact", test, "--nocapture"]).env(TASK, task).env(URL, url).stdout(Stdio::piped())
}

/// Starts this program again with a task on the store of a URL.
pub fn start(test: &str, task: &str, url: &str) -> Child {
    with_task(&mut Command::new(std::env::current_exe().unwrap()), test, task, url).spawn().unwrap()
}

/// The task and the URL of the store, where this is the other process.
pub fn task() -> Option<(String, String)> {
    Some((std::env::var(TASK).ok()?, std::env::var(URL).unwrap()))
}

/// Returns the lines that a process prints, complete ones only, each after its `> `.
pub fn said(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let mut out = BufReader::new(child.stdout.take().unwrap());
    std::iter::from_fn(move || {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        line.ends_with('\n').then_some(line)
    })
    .filter_map(|line| line.strip_prefix("> ").map(|said| said.trim_end().to_owned()))
}

/// Says a line to the process that started this one.
pub fn say(text: &str) {
    // In one write, so that a kill cuts no line; the test framework may have left one open.
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n> {text}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}
