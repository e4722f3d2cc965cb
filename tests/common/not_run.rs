//! Tests that cannot run on a machine. `tests/run` lists them, and fails for a reason that it does not know.

use std::fs::OpenOptions;
use std::io::Write;

/// The file that `tests/run` collects the tests in.
const FILE: &str = "ESCTL_TEST_NOT_RUN";

/// Says that the test of this thread does not run, and why. The test returns then.
pub fn not_run(reason: &str) {
    let thread = std::thread::current();
    let line = format!("{}: {reason}\n", thread.name().unwrap_or("a test"));
    // Written to stderr itself: the test framework shows nothing that a passed test prints.
    let _ = std::io::stderr().write_all(format!("not run: {line}").as_bytes());
    if let Some(file) = std::env::var_os(FILE) {
        OpenOptions::new().create(true).append(true).open(file).unwrap().write_all(line.as_bytes()).unwrap();
    }
}
