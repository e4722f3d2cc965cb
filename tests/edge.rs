//! The edge as a whole program: configuration, contexts, help. Each test has a home of its own.

use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use crate::common::backend::Backend;
use crate::common::backend::Place;

crate::on_every_backend! {
    a_context_is_added_used_and_removed
    the_examples_of_the_help_work_in_their_order
}

struct Home {
    folder: TempDir,
}

struct Answer {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Home {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("config/esctl/config.toml")
    }

    fn write_config(&self, text: &str) {
        fs::create_dir_all(self.config().parent().unwrap()).unwrap();
        fs::write(self.config(), text).unwrap();
    }

    fn run_with(&self, variables: &[(&str, &str)], words: &[&str]) -> Answer {
        let home = self.folder.path();
        let mut command = Command::cargo_bin("esctl").unwrap();
        command.env_clear().env("HOME", home).env("XDG_CONFIG_HOME", home.join("config")).env("XDG_DATA_HOME", home.join("data"));
        let output = command.current_dir(home).envs(variables.iter().copied()).args(words).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Answer { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    fn run(&self, line: &str) -> Answer {
        self.run_with(&[], &line.split_whitespace().collect::<Vec<_>>())
    }

    /// Returns the effective store, and the origin of that setting.
    fn store(&self, variables: &[(&str, &str)], flags: &str) -> (String, String) {
        let line = format!("{flags} context show -o json");
        let answer = self.run_with(variables, &line.split_whitespace().collect::<Vec<_>>());
        let report: Value = serde_json::from_str(&answer.stdout).unwrap();
        let text = |name: &str| report["settings"]["store"][name].as_str().unwrap().to_owned();
        (text("value"), text("from"))
    }
}

#[test]
fn the_store_is_chosen_by_flag_then_context_then_environment_then_file() {
    let home = Home::new();
    assert!(home.store(&[], "").0.ends_with("data/esctl/esctl.db"));
    home.write_config("current_context = 'a'\n[contexts.a]\nstore = 'sqlite:/a'\n[contexts.b]\nstore = 'sqlite:/b'\n");
    let is = |variables: &[(&str, &str)], flags: &str, value: &str, from: &str| {
        assert_eq!(home.store(variables, flags), (value.to_owned(), from.to_owned()), "{variables:?} {flags}");
    };
    let both = [("ESCTL_STORE", "sqlite:/e"), ("ESCTL_CONTEXT", "b")];
    is(&[], "", "sqlite:/a", "context a");
    is(&both[1..], "", "sqlite:/b", "context b");
    is(&both, "", "sqlite:/e", "ESCTL_STORE");
    is(&both, "--context a", "sqlite:/a", "context a");
    is(&both, "--context a --store sqlite:/f", "sqlite:/f", "--store");
}

fn a_context_is_added_used_and_removed(on: Backend) {
    let home = Home::new();
    let place = Place::fresh(on, home.folder.path(), "dev");
    assert_eq!(home.run(&format!("context add dev --store {} --client ann --use", place.url)).code, 0);
    assert_eq!(home.run("resource create gold --owner ann --type coin --amount 5 --max 9").code, 0);
    assert!(!place.is_untouched());
    let history = home.run("stream read resource-gold -o ndjson").stdout;
    assert!(history.contains("\"client_id\":\"ann\""), "{history}");

    let again = home.run("-o json context add dev --store sqlite:x");
    assert!(again.code == 4 && again.stderr.contains("context_exists"), "{}", again.stderr);
    assert_eq!(home.run("context add bad --store mysql://u:hush@h/d").code, 2);
    assert_eq!(home.run("context add other --store sqlite:/o").code, 0);
    let list: Value = serde_json::from_str(&home.run("context list -o json").stdout).unwrap();
    assert_eq!((list["items"][0]["current"].as_bool(), list["items"][1]["name"].as_str()), (Some(true), Some("other")));

    let mistyped = home.run("--context othre stream list");
    assert!(mistyped.code == 3 && mistyped.stderr.contains("did you mean other?"), "{}", mistyped.stderr);
    assert_eq!(home.run("context use othre").code, 3);
    assert_eq!(home.run("context use other").code, 0);
    assert_eq!(home.run("context remove other").code, 2);
    assert_eq!(home.run("context remove other --yes").code, 0);
    assert!(home.store(&[], "").0.ends_with("data/esctl/esctl.db"));
}

#[test]
fn a_broken_file_stops_commands_but_not_the_help() {
    let home = Home::new();
    home.write_config("[contexts.a]\nstore = 5\n");
    let answer = home.run("stream list");
    assert!(answer.code == 9 && answer.stderr.contains("config.toml:2:9"), "{}", answer.stderr);
    assert_eq!(home.run("-o json stream list").code, 9);
    for line in ["help exit-codes", "help stream read", "completions bash", "man", "--help", "--version"] {
        assert_eq!(home.run(line).code, 0, "{line}");
    }
}

#[test]
fn a_current_context_that_is_gone_can_be_put_right() {
    let home = Home::new();
    home.write_config("current_context = 'gone'\n[contexts.a]\nstore = 'sqlite:/a'\n");
    assert_eq!(home.run("stream list").code, 3);
    assert_eq!(home.run("context list").code, 0);
    assert_eq!(home.run("context use a").code, 0);
}

#[test]
fn unknown_keys_are_warnings_and_a_missing_file_is_none() {
    let home = Home::new();
    assert_eq!(home.run("context list -o json").stderr, "");
    home.write_config("[contexts.a]\nstore = 'sqlite:/a'\nclinet = 'x'\n");
    let answer = home.run("context list");
    assert!(answer.code == 0 && answer.stderr.contains("config.toml:3:1: unknown key clinet; did you mean client?"));
    assert_eq!(home.run("context list -q").stderr, "");
}

#[test]
fn a_password_is_never_printed() {
    let home = Home::new();
    home.write_config("current_context = 'a'\n[contexts.a]\nstore = 'postgres://u:hush@h/d?password=hush'\n");
    for line in ["context list", "context list -o json", "context show", "context show -o yaml", "stream list", "context use a"] {
        let answer = home.run(line);
        assert!(!format!("{}{}", answer.stdout, answer.stderr).contains("hush"), "{line}");
    }
}

#[test]
fn help_knows_commands_groups_and_topics() {
    let home = Home::new();
    let same = [home.run("help resource create"), home.run("resource help create"), home.run("resource create --help")];
    assert!(same.iter().all(|answer| answer.code == 0 && answer.stdout == same[0].stdout && answer.stdout.contains("--owner")));
    let codes: Value = serde_json::from_str(&home.run("help exit-codes -o json").stdout).unwrap();
    assert_eq!(codes["items"][10]["code"], "outcome_unknown");
    let unknown = home.run("help steram");
    assert!(unknown.code == 2 && unknown.stderr.contains("did you mean stream?"), "{}", unknown.stderr);
    let nothing = home.run("");
    assert!(nothing.code == 2 && nothing.stdout.is_empty() && nothing.stderr.contains("Usage: esctl"));
    assert!(home.run("-o json stream").stderr.starts_with("{\"error\":"));
}

fn the_examples_of_the_help_work_in_their_order(on: Backend) {
    let home = Home::new();
    let place = Place::fresh(on, home.folder.path(), "store");
    let help = home.run("--help").stdout;
    let examples: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("  esctl ")).collect();
    assert!(examples.len() >= 5, "{help}");
    for example in examples {
        // As a shell takes it apart: only single quotes occur.
        let parts = example.split('\'').enumerate();
        let words: Vec<&str> =
            parts.flat_map(|(index, part)| if index % 2 == 1 { vec![part] } else { part.split_whitespace().collect() }).collect();
        let answer = home.run_with(&[("ESCTL_STORE", &place.url)], &words);
        assert_eq!(answer.code, 0, "{example}: {}", answer.stderr);
    }
}

#[test]
fn what_is_missing_is_named_with_what_would_do_instead() {
    let home = Home::new();
    for (line, alternatives) in [
        ("stream read", ["STREAM", "--all"].as_slice()),
        ("replay", &["STREAM", "--category", "--all"]),
        ("snapshot take", &["STREAM", "--category"]),
        ("projection rebuild", &["NAME", "--all"]),
        ("projection create x --key . --reduce .", &["--from", "--all"]),
        ("doc create x", &["--file", "--data"]),
        ("stream append x-1", &["--type", "--batch"]),
    ] {
        let answer = home.run(line);
        assert_eq!(answer.code, 2, "{line}: {}", answer.stderr);
        let message = answer.stderr.split("hint:").next().unwrap();
        assert!(alternatives.iter().all(|name| message.contains(name)), "{line}: {message}");
    }
    // One of them is enough, and two are too many.
    for line in
        ["stream read x-1 --all", "projection rebuild x --all", "replay x-1 --category x", "snapshot take x-1 --category x"]
    {
        assert!(home.run(line).stderr.contains("cannot be used with"), "{line}");
    }
    assert_eq!(home.run("stream append x-1 --type t --data {}").code, 0);
    assert!(home.run("stream append x-1 --type t").stderr.contains("--data"));
    assert_eq!(home.run("stream read --all").code, 0);
}

#[test]
fn help_says_all_that_is_known_of_a_command() {
    let home = Home::new();
    for (line, part) in [
        ("projection status --help", "incomplete"),
        ("projection errors --help", "missing"),
        ("stream append --help", "applied in full or not at all"),
        ("game bot --help", "bots"),
    ] {
        let help = home.run(line).stdout;
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(part), "{line}: {help}");
        assert!(home.run("projection --help").stdout.contains("Show the progress of projections"));
    }
}
