//! What is answered when the command line itself cannot be read, and to `--help` and `--version`.

use std::env;
use std::ffi::OsString;

use clap::Error;
use clap::error::ContextKind;
use clap::error::ErrorKind;

use crate::cli::end;
use crate::cli::error::CliError;
use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::cli::output::Settings;

/// Prints help, or the error; the exit code.
pub(super) fn answer(error: &Error, arguments: &[OsString]) -> u8 {
    let out = Output::new(settings(arguments));
    let result = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => out.text(&rendered(error, &out)),
        _ => Err(as_usage(error)),
    };
    end(&out, result)
}

fn rendered(error: &Error, out: &Output) -> String {
    let _ = out;
    error.render().to_string()
}

/// clap's words, in the form that all errors of esctl have.
fn as_usage(error: &Error) -> CliError {
    let text = error.render().to_string();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let about = "a subcommand is missing";
        let usage = CliError::usage(about).code("missing_subcommand");
        return usage.hint(text.trim().to_owned());
    }
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let mut paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    let message = paragraphs.next().unwrap_or("the command line cannot be read").to_owned();
    let hint: Vec<&str> = paragraphs.map(|paragraph| paragraph.strip_prefix("tip: ").unwrap_or(paragraph)).collect();
    let mut usage = CliError::usage(message).code("usage");
    if let Some(argument) = error.get(ContextKind::InvalidArg) {
        usage = usage.with("argument", argument.to_string());
    }
    if hint.is_empty() { usage } else { usage.hint(hint.join("\n")) }
}

/// How to print when there are no parsed flags: what was asked for is looked up by hand.
pub(super) fn settings(arguments: &[OsString]) -> Settings {
    let words: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let flag = words.iter().enumerate().find_map(|(index, word)| match *word {
        "-o" | "--output" => words.get(index + 1).copied(),
        word => word.strip_prefix("--output=").or_else(|| word.strip_prefix("-o")),
    });
    let variable = env::var("ESCTL_OUTPUT").ok();
    let format = match flag.or(variable.as_deref()) {
        Some("json") => Format::Json,
        Some("ndjson") => Format::Ndjson,
        _ => Format::Table,
    };
    Settings::detect(format, words.contains(&"--no-color"), false, 0)
}
