//! The page about performance is of the results in `docs/performance/results`: its tables and charts are those that
//! `docs/performance/charts.py` makes of them. How fast esctl is, is no test.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::common::not_run::not_run;
use crate::docs::root;

/// The files that the script makes, relative to `docs`.
const MADE: [&str; 4] =
    ["performance.md", "pictures/performance_append.svg", "pictures/performance_events.svg", "pictures/performance_streams.svg"];

/// Parts of folders and addresses, which would name a machine.
const PLACES: [&str; 6] = ["/home", "/root", "/tmp", "/var", "127.0.0.1", "://"];

fn results() -> PathBuf {
    root().join("docs/performance/results")
}

/// Runs the script on the results in a folder, and returns the names of the files that it makes otherwise than they are in `docs`.
/// None if this machine cannot run the script.
fn stale(results: &Path) -> Option<Vec<&'static str>> {
    let made = tempfile::tempdir().unwrap();
    let mut script = Command::new("python3");
    script.arg(root().join("docs/performance/charts.py")).arg("--results").arg(results).arg("--into").arg(made.path());
    let output = script.output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let differs = |name: &&str| fs::read(made.path().join(name)).unwrap() != fs::read(root().join("docs").join(name)).unwrap();
    Some(MADE.into_iter().filter(differs).collect())
}

/// Returns the name and the text of each result.
fn texts() -> Vec<(String, String)> {
    let entries = fs::read_dir(results()).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())).collect()
}

#[test]
fn the_page_and_its_charts_are_of_the_results() {
    let Some(stale) = stale(&results()) else { return not_run("python3 is not installed") };
    let renew = "make them again: python3 docs/performance/charts.py";
    assert!(stale.is_empty(), "in docs, {stale:?} are not of the results; {renew}");
}

#[test]
fn a_changed_result_makes_its_table_and_its_chart_stale() {
    let changed = tempfile::tempdir().unwrap();
    for (name, mut text) in texts() {
        if name == "streams_read.sqlite.json" {
            text = text.replacen("\"events_per_second\": ", "\"events_per_second\": 9", 1);
        }
        fs::write(changed.path().join(name), text).unwrap();
    }
    let Some(stale) = stale(changed.path()) else { return not_run("python3 is not installed") };
    assert_eq!(stale, ["performance.md", "pictures/performance_streams.svg"]);
}

#[test]
fn results_do_not_name_a_machine() {
    let texts = texts();
    assert!(!texts.is_empty());
    for (name, text) in texts {
        let found: Vec<&str> = PLACES.into_iter().filter(|place| text.contains(place)).collect();
        assert!(found.is_empty(), "{name} has {found:?}");
    }
}
