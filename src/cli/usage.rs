//! Answers to a command line that cannot be parsed, and to `--help` and `--version`.

use std::env;
use std::ffi::OsString;

use clap::Error;
use clap::ValueEnum;
use clap::builder::StyledStr;
use clap::error::ContextKind;
use clap::error::ContextValue;
use clap::error::ErrorKind;

use crate::cli::check::prevented;
use crate::cli::end::end;
use crate::cli::error::CliError;
use crate::cli::error::nearest;
use crate::cli::help_definition::help_definition;
use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::cli::output::OutputSettings;
use crate::event::escape_unsafe;
use crate::store::redact_text;

/// Commands of other tools, with the commands of esctl that do the same.
const ELSEWHERE: [(&[&str], &str); 13] = [
    (&["list", "ls", "streams"], "'esctl stream list'"),
    (
        &["get", "show", "describe", "cat", "inspect"],
        "'esctl stream show STREAM', 'esctl resource show ID' or 'esctl doc get ID'",
    ),
    (&["events", "read", "log", "history"], "'esctl stream read STREAM' or 'esctl stream read --all'"),
    (&["tail", "follow", "watch", "subscribe"], "'esctl stream tail --all'"),
    (&["append", "write", "publish", "emit"], "'esctl stream append STREAM --type T --data JSON'"),
    (&["migrate", "upgrade", "create", "setup"], "'esctl init'"),
    (&["ps", "status", "projections"], "'esctl projection status'"),
    (&["lag", "monitor"], "'esctl check lag'"),
    (&["checkpoints", "subscriptions"], "'esctl checkpoint list'"),
    (&["rebuild", "reset"], "'esctl projection rebuild NAME'"),
    (&["fsck", "validate"], "'esctl verify'"),
    (&["dump", "backup", "export", "copy"], "'esctl replay --all --into URL'"),
    (&["start", "server", "run"], "'esctl serve'"),
];

/// The number of characters of a refused value that are shown.
const SHOWN: usize = 120;

/// Prints the help or the error, and returns the exit code.
pub(super) fn answer(error: Error, arguments: &[OsString], definition: fn() -> clap::Command) -> u8 {
    let asked_in_group = matches!(error.get(ContextKind::InvalidSubcommand), Some(ContextValue::String(word)) if word == "help");
    // clap shows no help by itself where a variable sets an option.
    let names_no_command =
        matches!(error.kind(), ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand);
    let error = match error.kind() {
        // The help names every variable, even an empty one, and each global option once.
        ErrorKind::DisplayHelp => help(arguments.to_vec(), definition).unwrap_or(error),
        // Asked for, the help comes before the values of variables are read.
        _ if names_no_command => help([arguments, &["-h".into()]].concat(), definition).unwrap_or(error),
        _ if asked_in_group => group_help(arguments, definition).unwrap_or(error),
        _ => error,
    };
    let out = Output::new(settings(arguments));
    let result = match error.kind() {
        _ if names_no_command => Err(missing_command(&error, &out)),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => out.styled(&error.render()),
        _ => Err(as_usage(error)),
    };
    // A monitoring system takes 2 for an alarm.
    let result = result.map_err(|error| prevented(error, arguments, &out));
    end(&out, None, result)
}

/// Returns the help that a command line asks for.
fn help(line: Vec<OsString>, definition: fn() -> clap::Command) -> Option<Error> {
    help_definition(definition()).try_get_matches_from(line).err()
}

/// Returns the help for `esctl GROUP help VERB`, which is that of `esctl GROUP VERB --help`.
fn group_help(arguments: &[OsString], definition: fn() -> clap::Command) -> Option<Error> {
    let at = arguments.iter().position(|word| word == "help")?;
    let mut line = arguments.to_vec();
    line.remove(at);
    line.push("--help".into());
    help(line, definition)
}

/// Prints the help for people. Programs get an error with a hint.
fn missing_command(error: &Error, out: &Output) -> CliError {
    if !out.format().has_json_errors() {
        out.print_help(&error.render());
    }
    CliError::usage("missing command").code("missing_subcommand").hint("run 'esctl --help' to list the commands")
}

/// Returns an error of clap in the form of all errors of esctl.
pub(super) fn as_usage(mut error: Error) -> CliError {
    let secrets = typed_secrets(&error);
    show_what_was_typed(&mut error);
    // The reason for refusing an argument may quote it.
    let text = secrets.iter().fold(error.render().to_string(), |text, typed| text.replace(typed, &redact_text(typed)));
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let elsewhere = elsewhere(&error);
    let mut paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    let message = paragraphs.next().unwrap_or("cannot parse the command line").to_owned();
    let hint: Vec<&str> = paragraphs.map(|paragraph| paragraph.strip_prefix("tip: ").unwrap_or(paragraph)).collect();
    let mut usage = CliError::usage(message).code("usage");
    if let Some(argument) = error.get(ContextKind::InvalidArg) {
        usage = usage.with("argument", argument.to_string());
    }
    if let Some(command) = elsewhere {
        return usage.hint(format!("try {command}; 'esctl --help' lists all commands"));
    }
    let usage = if hint.is_empty() { usage } else { usage.hint(hint.join("\n")) };
    match near(&error) {
        Some(near) => usage.hint(format!("did you mean {near}?")),
        None => usage,
    }
}

/// Returns the command of esctl that does what an unknown command does in other tools.
fn elsewhere(error: &Error) -> Option<&'static str> {
    let ContextValue::String(word) = error.get(ContextKind::InvalidSubcommand)? else { return None };
    let ContextValue::StyledStr(usage) = error.get(ContextKind::Usage)? else { return None };
    // In a group the names of its own verbs are better suggestions.
    let in_esctl = usage.to_string().starts_with("Usage: esctl [OPTIONS]");
    let (_, command) = ELSEWHERE.iter().find(|(words, _)| words.contains(&word.as_str())).filter(|_| in_esctl)?;
    Some(command)
}

/// Puts the typed text back into an error. clap removes escape sequences, so that the message would name something else, and an
/// empty line in the text would end the message.
fn show_what_was_typed(error: &mut Error) {
    let typed: Vec<(ContextKind, ContextValue)> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in typed {
        let shown = match value {
            ContextValue::String(text) => ContextValue::String(excerpt(&text)),
            ContextValue::Strings(texts) => ContextValue::Strings(texts.iter().map(|text| excerpt(text)).collect()),
            // "to pass X as a value, use -- X" is no help if X cannot be read.
            ContextValue::StyledStrs(tips) if tips.iter().any(is_hostile) => ContextValue::StyledStrs(Vec::new()),
            _ => continue,
        };
        error.insert(kind, shown);
    }
}

/// Returns the arguments that contain a URL with a password.
fn typed_secrets(error: &Error) -> Vec<String> {
    let typed = error.context().flat_map(|(_, value)| match value {
        ContextValue::String(text) => vec![text.clone()],
        ContextValue::Strings(texts) => texts.clone(),
        _ => Vec::new(),
    });
    typed.filter(|text| redact_text(text) != *text).collect()
}

fn is_hostile(tip: &StyledStr) -> bool {
    let tip = tip.ansi().to_string();
    redact_text(&tip) != tip || tip.len() > 4 * SHOWN || tip.contains(['\n', '\r']) || tip.matches('\u{1b}').count() > 8
}

fn excerpt(text: &str) -> String {
    let shown = redact_text(text);
    let safe = escape_unsafe(&shown);
    match safe.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &safe[..end]),
        None => safe.into_owned(),
    }
}

/// Returns the nearest of clap's suggestions.
fn near(error: &Error) -> Option<String> {
    let pairs = [
        (ContextKind::InvalidSubcommand, ContextKind::SuggestedSubcommand),
        (ContextKind::InvalidArg, ContextKind::SuggestedArg),
        (ContextKind::InvalidValue, ContextKind::SuggestedValue),
    ];
    pairs.into_iter().find_map(|(typed, suggested)| {
        let ContextValue::String(typed) = error.get(typed)? else { return None };
        match error.get(suggested)? {
            ContextValue::String(text) => nearest(typed, [text.as_str()]),
            ContextValue::Strings(texts) => nearest(typed, texts.iter().map(String::as_str)),
            _ => None,
        }
        .map(str::to_owned)
    })
}

/// Returns the output settings for a command line that cannot be parsed. Looks up the format by hand.
pub(super) fn settings(arguments: &[OsString]) -> OutputSettings {
    let words: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let flag = words.iter().enumerate().find_map(|(index, word)| match *word {
        "-o" | "--output" => words.get(index + 1).copied(),
        word => word.strip_prefix("--output=").or_else(|| word.strip_prefix("-o=")).or_else(|| word.strip_prefix("-o")),
    });
    let variable = env::var("ESCTL_OUTPUT").ok();
    let format = flag.or(variable.as_deref()).and_then(|name| Format::from_str(name, false).ok());
    OutputSettings::detect(format.unwrap_or_default(), words.contains(&"--no-color"), false, 0)
}
