//! Errors that prevent a check. They have the exit code of an unknown outcome, and a monitoring system reads them on stdout.

use std::ffi::OsString;

use crate::cli::check::nagios;
use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::ops::Severity;

/// The names of the subcommands, and those in the lines of monitoring plugins.
const VERBS: [(&str, &str); 3] = [("lag", "LAG"), ("head", "HEAD"), ("integrity", "INTEGRITY")];
/// The name of a check that is none of these.
const UNNAMED: &str = "CHECK";

/// Returns the error of a command line before its check began. For any other command it stays as it is.
pub(in crate::cli) fn prevented(error: CliError, arguments: &[OsString], out: &Output) -> CliError {
    match (name(arguments), asks_for_plugin(arguments)) {
        (Some(name), true) => as_plugin(name, error, out),
        (Some(name), false) if name != UNNAMED => as_unknown(error),
        _ => error,
    }
}

/// Returns the error with the exit code of an unknown outcome.
pub(super) fn as_unknown(error: CliError) -> CliError {
    if is_final(&error) { error } else { error.with_exit_code(Severity::Unknown.exit_code()) }
}

/// Prints the error as the line of a monitoring plugin, on stdout.
pub(super) fn as_plugin(name: &str, error: CliError, out: &Output) -> CliError {
    if is_final(&error) {
        return error;
    }
    match out.text(&nagios::unknown(name, &error)) {
        Ok(()) => CliError::verdict(Severity::Unknown.exit_code()),
        Err(error) => error,
    }
}

fn is_final(error: &CliError) -> bool {
    error.is_verdict() || error.is_signal() || error.is_closed_pipe()
}

/// Returns the name of the check of a command line; `None` if it is another command.
fn name(arguments: &[OsString]) -> Option<&'static str> {
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let named = words.windows(2).enumerate().find_map(|(place, pair)| {
        let verb = VERBS.iter().find(|(verb, _)| *verb == pair[1])?;
        (pair[0] == "check").then_some((place, verb.1))
    });
    let unnamed = || words.iter().position(|word| *word == "check").map(|place| (place, UNNAMED));
    let (place, name) = named.or_else(unnamed)?;
    (!words[..place].contains(&"layout")).then_some(name)
}

/// Returns true if a command line asks for the format of monitoring plugins, also by the option for the formats of all commands.
fn asks_for_plugin(arguments: &[OsString]) -> bool {
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let options = ["--format", "--output", "-o"];
    let is_joined = |word: &&str| {
        let value = options.iter().find_map(|option| word.strip_prefix(option));
        value.is_some_and(|value| value.strip_prefix('=').unwrap_or(value) == "nagios")
    };
    words.iter().any(is_joined) || words.windows(2).any(|pair| options.contains(&pair[0]) && pair[1] == "nagios")
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::asks_for_plugin;
    use super::name;

    fn line(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_check_and_its_format_are_found_in_a_line_that_cannot_be_parsed() {
        for (text, expected) in [
            ("esctl check lag --nonsense", Some("LAG")),
            ("esctl -o json check head", Some("HEAD")),
            ("esctl check lagg", Some("CHECK")),
            ("esctl layout check lag.toml", None),
            ("esctl layout check lag", None),
            ("esctl verify", None),
        ] {
            assert_eq!(name(&line(text)), expected, "{text}");
        }
        for format in ["--format nagios", "--format=nagios", "-o nagios", "-onagios", "-o=nagios", "--output nagios"] {
            assert!(asks_for_plugin(&line(&format!("esctl check lag {format} --nonsense"))), "{format}");
        }
        for format in ["--format json", "-o json", "nagios", "--formats nagios"] {
            assert!(!asks_for_plugin(&line(&format!("esctl check lag {format}"))), "{format}");
        }
    }
}
