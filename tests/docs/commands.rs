//! The commands and flags that the documents name in their text exist: each has a manual page, and the flags are in it.

use crate::docs::all_documents;
use crate::docs::read;
use crate::docs::root;

/// Returns the manual page of a command.
fn page(command: &[&str]) -> Option<String> {
    let path = root().join(format!("man/esctl{}.1", command.iter().map(|word| format!("-{word}")).collect::<String>()));
    std::fs::read_to_string(path).ok().map(|text| text.replace('\\', ""))
}

/// Returns what is wrong with a command line such as `esctl doc create|set ID --data JSON`.
fn fault(line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    // `esctl help COMMAND` names the command after it.
    let words = if words.first() == Some(&"help") { &words[1..] } else { &words[..] };
    let first = words.first().filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))?;
    if *first == "exit-codes" {
        return None;
    }
    let mut commands: Vec<Vec<&str>> = vec![Vec::new()];
    for word in words.iter().take_while(|word| !word.starts_with('-')) {
        let more: Vec<Vec<&str>> =
            word.split('|').flat_map(|part| commands.iter().map(move |command| [command.as_slice(), &[part]].concat())).collect();
        let known = more.iter().filter(|command| page(command).is_some()).count();
        if known == 0 && !commands[0].is_empty() {
            // A value, not a command.
            break;
        }
        if let Some(unknown) = more.iter().find(|command| page(command).is_none()) {
            return Some(format!("no command {unknown:?}"));
        }
        commands = more;
    }
    let main = page(&[]).unwrap();
    let flags = words.iter().filter_map(|word| word.strip_prefix("--")).map(|flag| flag.split('=').next().unwrap());
    for flag in flags.filter(|flag| !flag.is_empty()) {
        let named = |text: &str| text.contains(&format!("--{flag}"));
        if let Some(command) = commands.iter().find(|command| !named(&page(command).unwrap()) && !named(&main)) {
            return Some(format!("no flag --{flag} of {command:?}"));
        }
    }
    None
}

/// Returns the command lines in the text of a document, outside its blocks.
fn command_lines(document: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if !inside {
            let spans = line.split('`').skip(1).step_by(2).filter(|span| span.starts_with("esctl "));
            found.extend(spans.map(|span| span.replace("\\|", "|")));
        }
    }
    found
}

#[test]
fn named_commands_and_flags_exist() {
    let mut faults = Vec::new();
    for path in all_documents() {
        let lines = command_lines(&read(&path));
        faults.extend(lines.iter().filter_map(|line| fault(line).map(|fault| format!("{path}: `{line}`: {fault}"))));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_command_or_flag_that_does_not_exist_is_found() {
    assert_eq!(fault("esctl doc create|set ID --client C"), None);
    assert_eq!(fault("esctl context add prod --store URL --use"), None);
    assert!(fault("esctl doc create|sett ID").is_some());
    assert!(fault("esctl docs").is_some());
    assert!(fault("esctl stream read S --untill T").is_some());
}
