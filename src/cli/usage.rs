//! What is answered when the command line itself cannot be read, and to `--help` and `--version`.

use std::env;
use std::ffi::OsString;

use clap::Error;
use clap::builder::StyledStr;
use clap::error::ContextKind;
use clap::error::ContextValue;
use clap::error::ErrorKind;

use crate::cli::args;
use crate::cli::end;
use crate::cli::error::CliError;
use crate::cli::error::nearest;
use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::cli::output::Settings;
use crate::event::escape_unsafe;
use crate::store::redact_text;

/// Commands that other tools have, or that sound right, and the commands of esctl that do the same.
const ELSEWHERE: [(&[&str], &str); 11] = [
    (&["list", "ls", "streams"], "'esctl stream list'"),
    (
        &["get", "show", "describe", "cat", "inspect"],
        "'esctl stream show STREAM', 'esctl resource show ID' or 'esctl doc get ID'",
    ),
    (&["events", "read", "log", "history"], "'esctl stream read STREAM' or 'esctl stream read --all'"),
    (&["tail", "follow", "watch", "subscribe"], "'esctl stream tail --all'"),
    (&["append", "write", "publish", "emit"], "'esctl stream append STREAM --type T --data JSON'"),
    (&["migrate", "upgrade", "create", "setup"], "'esctl init'"),
    (&["ps", "status", "projections", "lag"], "'esctl projection status'"),
    (&["rebuild", "reset"], "'esctl projection rebuild NAME'"),
    (&["check", "fsck", "validate"], "'esctl verify'"),
    (&["dump", "backup", "export", "copy"], "'esctl replay --all --into URL'"),
    (&["start", "server", "run"], "'esctl serve'"),
];

/// What of a refused value is shown.
const SHOWN: usize = 120;

/// Prints help, or the error; the exit code.
pub(super) fn answer(error: Error, arguments: &[OsString]) -> u8 {
    if let Some(help) = group_help(&error, arguments) {
        return answer(help, arguments);
    }
    let out = Output::new(settings(arguments));
    let result = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => out.styled(&error.render()),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Err(missing_command(&error, &out)),
        _ => Err(as_usage(error)),
    };
    end(&out, None, result)
}

/// `esctl GROUP help VERB` is `esctl GROUP VERB --help`.
fn group_help(error: &Error, arguments: &[OsString]) -> Option<Error> {
    let asked = matches!(error.get(ContextKind::InvalidSubcommand), Some(ContextValue::String(word)) if word == "help");
    let at = arguments.iter().position(|word| word == "help").filter(|_| asked)?;
    let mut line = arguments.to_vec();
    line.remove(at);
    line.push("--help".into());
    args::command().try_get_matches_from(line).err()
}

/// People are shown the help; scripts are told where it is.
fn missing_command(error: &Error, out: &Output) -> CliError {
    if out.format() == Format::Table {
        out.guide(&error.render());
    }
    CliError::usage("a command is missing").code("missing_subcommand").hint("esctl --help lists the commands")
}

/// clap's words, in the form that all errors of esctl have.
fn as_usage(mut error: Error) -> CliError {
    let secrets = typed_secrets(&error);
    show_what_was_typed(&mut error);
    // The reason that an argument is refused for may quote it.
    let text = secrets.iter().fold(error.render().to_string(), |text, typed| text.replace(typed, &redact_text(typed)));
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let elsewhere = elsewhere(&error);
    let mut paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    let message = paragraphs.next().unwrap_or("the command line cannot be read").to_owned();
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

/// Returns the command that does what an unknown command of `esctl` itself does elsewhere.
fn elsewhere(error: &Error) -> Option<&'static str> {
    let ContextValue::String(word) = error.get(ContextKind::InvalidSubcommand)? else { return None };
    let ContextValue::StyledStr(usage) = error.get(ContextKind::Usage)? else { return None };
    // In a group the names of its own verbs are better suggestions.
    let in_esctl = usage.to_string().starts_with("Usage: esctl [OPTIONS]");
    let (_, command) = ELSEWHERE.iter().find(|(words, _)| words.contains(&word.as_str())).filter(|_| in_esctl)?;
    Some(command)
}

/// clap takes escape sequences out of what it prints, so that the message would name something else than
/// what was typed, and an empty line typed by somebody would end the message.
fn show_what_was_typed(error: &mut Error) {
    let typed: Vec<(ContextKind, ContextValue)> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in typed {
        let shown = match value {
            ContextValue::String(text) => ContextValue::String(excerpt(&text)),
            ContextValue::Strings(texts) => ContextValue::Strings(texts.iter().map(|text| excerpt(text)).collect()),
            // "to pass X as a value, use -- X" helps nobody with an X that cannot be read.
            ContextValue::StyledStrs(tips) if tips.iter().any(is_hostile) => ContextValue::StyledStrs(Vec::new()),
            _ => continue,
        };
        error.insert(kind, shown);
    }
}

/// The arguments that contain a URL with a password.
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

/// What was probably meant, of what clap takes for alike.
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

/// How to print when there are no parsed flags: what was asked for is looked up by hand.
pub(super) fn settings(arguments: &[OsString]) -> Settings {
    let words: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let flag = words.iter().enumerate().find_map(|(index, word)| match *word {
        "-o" | "--output" => words.get(index + 1).copied(),
        word => word.strip_prefix("--output=").or_else(|| word.strip_prefix("-o=")).or_else(|| word.strip_prefix("-o")),
    });
    let variable = env::var("ESCTL_OUTPUT").ok();
    let format = match flag.or(variable.as_deref()) {
        Some("json") => Format::Json,
        Some("ndjson") => Format::Ndjson,
        _ => Format::Table,
    };
    Settings::detect(format, words.contains(&"--no-color"), false, 0)
}
