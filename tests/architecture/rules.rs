//! Rules that one file keeps by itself.

use crate::layers::layer_of;
use crate::source::Finding;
use crate::source::Source;
use crate::source::places;

/// Files longer than this say in their head why.
const MAX_LINES: usize = 500;
/// How the head of a longer file says it.
const LONG_BECAUSE: &str = "//! Long because ";

const PRINTING: [&str; 7] = ["print!", "println!", "eprint!", "eprintln!", "dbg!", "io::stdout", "io::stderr"];
/// How a terminal is driven: the views of `esctl ui` only fill a frame that they are given.
const DRAWING: [&str; 4] = ["crossterm", "CrosstermBackend", "ratatui::init", "ratatui::run"];
const PANICS: [&str; 4] = [".unwrap()", ".expect(", "todo!", "unimplemented!"];
const CLOCKS: [&str; 6] = ["SystemTime", "Instant", "Timestamp::now", "Zoned::now", "env::", "whoami::"];
/// How a statement gets a name that the server keeps: `Session::query` gives it none where a pooler is in between.
const NAMED_STATEMENTS: [&str; 3] = ["sqlx::query", "sqlx::query_as", "sqlx::query_scalar"];
const IMPURE: [&str; 6] = ["std::fs", "std::net", "std::process", "std::thread", "tokio::", "async fn"];

pub fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let layer = layer_of(&source.path).unwrap_or_default();
    if !source.text.starts_with("//! ") {
        findings.push(source.finding("head", 0, "the file does not begin with //! and what it is for"));
    }
    let lines = source.text.lines().count();
    let reason = source.text.lines().take_while(|line| line.starts_with("//!")).any(|line| line.starts_with(LONG_BECAUSE));
    if lines > MAX_LINES && !reason {
        let what = format!("{lines} lines, and no line \"{LONG_BECAUSE}…\" in the head");
        findings.push(source.finding("size", 0, what));
    }
    if !source.path.starts_with("src/cli/output/") {
        findings.extend(words(source, "printing", &PRINTING, "only src/cli/output prints"));
    }
    if source.path != "src/cli/output/screen.rs" {
        findings.extend(words(source, "printing", &DRAWING, "only src/cli/output/screen.rs drives a terminal"));
    }
    findings.extend(words(source, "panic", &PANICS, "outside tests every failure is an error with a type"));
    if layer != "cli" {
        findings.extend(words(source, "anyhow", &["anyhow"], "below cli every error has a type"));
    }
    if source.path.starts_with("src/store/postgres/") {
        findings.extend(words(source, "statement", &NAMED_STATEMENTS, "statements come from Session::query and its like"));
    }
    let pure = ["event", "jq", "aggregate", "domain"].contains(&layer);
    if pure || layer == "ops" {
        findings.extend(words(source, "clock", &CLOCKS, "clock, identity and environment come in as arguments"));
    }
    if pure {
        findings.extend(words(source, "purity", &IMPURE, "no I/O, no threads, no async in the pure layers"));
    }
    findings.extend(imports(source));
    findings.extend(conditions(source));
    findings.extend(use_case(source));
    findings
}

fn words(source: &Source, rule: &'static str, words: &[&str], why: &str) -> Vec<Finding> {
    let found = words.iter().flat_map(|word| places(&source.live, word).map(move |at| (at, word)));
    found.map(|(at, word)| source.finding(rule, at, format!("{word}: {why}"))).collect()
}

/// One name a line, also in tests.
fn imports(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in places(&source.code, "use") {
        let before = source.code[..at].rsplit('\n').next().unwrap_or_default().trim();
        if !before.is_empty() && !before.starts_with("pub") {
            continue;
        }
        let statement = source.code[at..].split(';').next().unwrap_or_default();
        if statement.contains('*') {
            findings.push(source.finding("import", at, "a glob hides what is used"));
        }
        if statement.contains('{') {
            findings.push(source.finding("import", at, "one name a line"));
        }
    }
    findings
}

/// Conditional compilation, but for tests.
fn conditions(source: &Source) -> Vec<Finding> {
    let uses = ["cfg(", "cfg!(", "cfg_attr("].iter().flat_map(|word| places(&source.live, word));
    let uses = uses.filter(|at| !source.live[*at..].starts_with("cfg(test)") && !is_of_a_feature(source, *at));
    uses.map(|at| source.finding("cfg", at, "conditional compilation is for modules and derives of a feature")).collect()
}

/// Returns true for a module of a feature, or its substitute in a build without the feature, and for a derive that a feature
/// brings.
fn is_of_a_feature(source: &Source, at: usize) -> bool {
    let (code, text) = (&source.live[at..], &source.text[at..]);
    if code.starts_with("cfg_attr(") {
        return ["derive(", "schema("].iter().any(|brought| {
            let form = text.strip_prefix("cfg_attr(feature = \"").and_then(|rest| rest.split_once("\", "));
            form.is_some_and(|(_, rest)| rest.starts_with(brought))
        });
    }
    let of_a_feature = text.starts_with("cfg(feature = \"") || text.starts_with("cfg(not(feature = \"");
    let mut item = code.split_once(']').map_or("", |(_, rest)| rest.trim_start());
    while item.starts_with("#[") {
        item = item.split_once(']').map_or("", |(_, rest)| rest.trim_start());
    }
    let item = item.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
    of_a_feature
        && item.starts_with("mod ")
        && item.split_once([';', '{']).is_some_and(|(head, _)| item[head.len()..].starts_with(';'))
}

/// A command calls a use case, or sends to the command bus, which is the use case of every write.
fn use_case(source: &Source) -> Vec<Finding> {
    let is_command =
        source.path.starts_with("src/cli/") && ["fn run(self", "fn run(mut self"].iter().any(|run| source.live.contains(run));
    if !is_command {
        return Vec::new();
    }
    let calls = ["crate::ops::", "command_bus(", "change::send", "write::send"].iter().any(|call| source.live.contains(call));
    if calls { Vec::new() } else { vec![source.finding("use case", 0, "a command without a use case in src/ops")] }
}
