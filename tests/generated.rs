//! Checks that the completions and manual pages in the repository are those of this command line.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use esctl::cli::args;
use esctl::cli::generated;

const FOLDERS: [&str; 2] = ["completions", "man"];

#[test]
fn completions_and_manual_pages_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = generated::files(args::command);
    if env::var_os("ESCTL_RENEW").is_some() {
        for folder in FOLDERS {
            // Removes the files that no command generates any more.
            let _ = fs::remove_dir_all(root.join(folder));
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        for (path, text) in &files {
            fs::write(root.join(path), text).unwrap();
        }
    }
    let mut stale = BTreeSet::new();
    for (path, text) in &files {
        if fs::read(root.join(path)).ok().as_ref() != Some(text) {
            stale.insert(path.clone());
        }
    }
    for folder in FOLDERS {
        for entry in fs::read_dir(root.join(folder)).into_iter().flatten() {
            let path = format!("{folder}/{}", entry.unwrap().file_name().into_string().unwrap());
            if !files.iter().any(|(generated, _)| *generated == path) {
                stale.insert(path);
            }
        }
    }
    assert!(stale.is_empty(), "stale: {stale:?}\nrenew them with: ESCTL_RENEW=1 cargo test --test it generated");
}

#[test]
fn they_contain_nothing_of_this_machine() {
    let home = env::var("HOME").unwrap_or_default();
    for (path, text) in generated::files(args::command) {
        let text = String::from_utf8(text).unwrap();
        for word in [env!("CARGO_MANIFEST_DIR"), home.as_str()].into_iter().filter(|word| word.len() > 1) {
            assert!(!text.contains(word), "{path} holds {word}");
        }
    }
}

#[test]
fn every_command_has_a_page_and_the_main_page_has_the_exit_codes() {
    let files = generated::files(args::command);
    let text = |name: &str| String::from_utf8(files.iter().find(|(path, _)| path == name).unwrap().1.clone()).unwrap();
    assert!(text("man/esctl-resource-create.1").contains("SEE ALSO"));
    let main = text("man/esctl.1");
    for part in ["EXIT STATUS", "outcome unknown", "ENVIRONMENT", "ESCTL\\_CONFIG", "FILES"] {
        assert!(main.contains(part) || main.contains(&part.replace('\\', "")), "{part}");
    }
}

#[test]
fn the_help_of_every_command_ends_with_examples_that_parse() {
    let mut commands = Vec::new();
    let definition = args::command();
    collect(&definition, "esctl", &mut commands);
    assert!(commands.len() > 80, "the commands were not found");
    for (name, command) in commands {
        let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples: Vec<&str> = match text.split_once("Examples:\n") {
            Some((_, examples)) => examples.lines().take_while(|line| line.starts_with("  ")).map(str::trim).collect(),
            None => Vec::new(),
        };
        let wanted = if name == "esctl" { 1..=9 } else { 2..=3 };
        assert!(wanted.contains(&examples.len()), "{name}: {examples:?}");
        for example in examples {
            let words = words(example.split(" > ").next().unwrap());
            assert!(words.join(" ").starts_with(&name), "{name}: {example}");
            let line: Vec<OsString> = words.iter().map(Into::into).collect();
            for definition in [args::command(), args::command_for(&line)] {
                let parsed = definition.try_get_matches_from(&words);
                assert!(parsed.is_ok(), "{name}: {example}: {}", parsed.unwrap_err());
            }
        }
    }
}

/// Collects a command and those below it, with their names as typed.
fn collect<'c>(command: &'c clap::Command, name: &str, commands: &mut Vec<(String, &'c clap::Command)>) {
    commands.push((name.to_owned(), command));
    for below in command.get_subcommands() {
        collect(below, &format!("{name} {}", below.get_name()), commands);
    }
}

/// Splits a line into words as a shell does, with single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match (c, quoted) {
            ('\'', _) => quoted = !quoted,
            (' ', false) => words.push(String::new()),
            (c, _) => words.last_mut().unwrap().push(c),
        }
    }
    words
}
