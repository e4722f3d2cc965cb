//! The same commands on each backend say the same, byte for byte where neither time nor chance enters.

use std::collections::HashMap;
use std::collections::HashSet;

use crate::cli::support::Answer;
use crate::cli::support::Home;
use crate::cli::support::words;
use crate::common::backend::Backend;

crate::on_every_backend! {
    a_long_script_is_answered_as_on_sqlite
}

const SCRIPT: &str = include_str!("script.txt");
/// Commands that read no store.
const WITHOUT_A_STORE: [&str; 4] = ["completions", "context", "help", "man"];
/// Versions of the logic of projections that the store keeps are above this: the second in which they were made.
const MADE_BY_THE_CLOCK: u32 = 50_000_000;
/// Commands that other tests try. The demo has a store of its own on every backend, and a race that any client may win. Layouts are
/// of databases of other programs. A copy has two stores, and a lag is a
/// matter of the clock.
const ELSEWHERE: [&str; 9] = ["bench", "check", "checkpoint", "copy", "demo", "layout", "selftest", "serve", "ui"];

/// The command lines of the script, and what each reads from stdin.
fn script() -> Vec<(&'static str, String)> {
    let mut steps: Vec<(&str, String)> = Vec::new();
    for line in SCRIPT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match (line.strip_prefix("| "), steps.last_mut()) {
            (Some(text), Some((_, stdin))) => *stdin += &format!("{text}\n"),
            _ => steps.push((line, String::new())),
        }
    }
    steps
}

fn a_long_script_is_answered_as_on_sqlite(on: Backend) {
    let (home, model) = (Home::new(on), Home::new(Backend::Sqlite));
    let (mut said, mut wanted) = (Plain::of(&home), Plain::of(&model));
    for (line, stdin) in script() {
        let line = if line.contains(" -o ") { line.to_owned() } else { format!("{line} -o json") };
        let found = said.answer(&home.feed(&line, stdin.as_bytes()));
        let expected = wanted.answer(&model.feed(&line, stdin.as_bytes()));
        let differing = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
        assert_eq!(differing, None, "{line}");
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn the_script_leaves_no_command_out() {
    let script: Vec<Vec<String>> = script().iter().map(|(line, _)| words(line)).collect();
    let said: HashSet<String> =
        script.iter().flat_map(|words| [words[0].clone(), words[..2.min(words.len())].join("-")]).collect();
    let pages = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/man")).unwrap();
    let names: Vec<String> = pages
        .filter_map(|page| Some(page.ok()?.file_name().to_str()?.strip_prefix("esctl-")?.strip_suffix(".1")?.to_owned()))
        .collect();
    let is_group = |name: &str| names.iter().any(|other| other.starts_with(&format!("{name}-")));
    let missing: Vec<&String> = names
        .iter()
        .filter(|name| !is_group(name) && !said.contains(*name))
        .filter(|name| !WITHOUT_A_STORE.iter().chain(&ELSEWHERE).any(|group| name.split('-').next() == Some(group)))
        .collect();
    assert!(names.len() > 30 && missing.is_empty(), "tests/cli/script.txt has no line for: {missing:?}");
}

/// Names what differs from one run to the next by the order in which it appears.
struct Plain {
    /// The store, as it is shown.
    place: String,
    seen: HashMap<String, String>,
}

impl Plain {
    fn of(home: &Home) -> Self {
        Self { place: home.shown_place(), seen: HashMap::new() }
    }

    fn answer(&mut self, answer: &Answer) -> String {
        format!("exit code {}\n{}--- stderr:\n{}", answer.code, self.text(&answer.out), self.text(&answer.err))
    }

    fn text(&mut self, text: &str) -> String {
        let text = text.replace(&self.place, "STORE");
        let text = ["PostgreSQL", "MongoDB"].iter().fold(text, |text, kind| text.replace(kind, "SQLite"));
        let (mut plain, mut word) = (String::new(), String::new());
        for c in text.chars().chain(['\n']) {
            if c.is_ascii_alphanumeric() || "-:.".contains(c) {
                word.push(c);
                continue;
            }
            plain += &self.word(&std::mem::take(&mut word));
            plain.push(c);
        }
        // YAML has quotes only around a hash or an id that would read as a number.
        let plain = self.seen.values().fold(plain, |plain, name| plain.replace(&format!("\"{name}\""), name));
        without_measured(&plain)
    }

    /// Returns a word as it is, or the value that replaces it.
    fn word(&mut self, word: &str) -> String {
        // Also where a line of JSON has no space before it.
        let trimmed = word.trim_matches([':', '.']);
        let kind = if trimmed.parse::<uuid::Uuid>().is_ok_and(|id| trimmed.len() == 36 && id.get_version_num() != 4) {
            "ID"
        } else if trimmed.len() == 64 && trimmed.chars().all(|c| c.is_ascii_hexdigit()) {
            "HASH"
        } else if trimmed.len() == 27 && trimmed.parse::<esctl::event::Timestamp>().is_ok() {
            "TIME"
        } else if trimmed.len() == 8 && trimmed.parse().is_ok_and(|version: u32| version > MADE_BY_THE_CLOCK) {
            return word.replacen(trimmed, "LOGIC", 1);
        } else {
            return word.to_owned();
        };
        let next = format!("{kind}-{}", self.seen.len());
        // Two times that are the same on one backend may be a microsecond apart on another.
        let name = if kind == "TIME" { kind } else { self.seen.entry(trimmed.to_owned()).or_insert(next) };
        word.replacen(trimmed, name, 1)
    }
}

/// Without what is measured: bytes on the disk, seconds, rates, and how events are spread over time.
fn without_measured(text: &str) -> String {
    let (mut plain, mut in_chart) = (String::new(), false);
    for line in text.split_inclusive('\n') {
        in_chart = (in_chart && !line.starts_with("  ]")) || line.starts_with("  \"chart\": [");
        let is_measured = ["  \"size_bytes\": ", "  \"events_per_second\": "].iter().any(|name| line.starts_with(name));
        // The size of one stream is that of its events.
        if in_chart || (is_measured && !text.contains("\"archived\"")) {
            continue;
        }
        match line.split_once("\"lag_seconds\":") {
            Some((before, after)) => plain += &format!("{before}\"lag_seconds\":{}", after.trim_start_matches(|c| c != ',')),
            None => plain += line,
        }
    }
    plain
}
