//! jq programs as arguments, and the last resort against one that cannot be stopped.

use std::fs;
use std::process;
use std::sync::Once;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::input::Source;
use crate::cli::output::Output;
use crate::cli::output::Settings;
use crate::jq::MAX_PROGRAM_BYTES;
use crate::jq::Program;
use crate::jq::Running;
use crate::jq::SyntaxError;
use crate::jq::running;
use crate::ops::Condition;

/// How much of a program is its name in messages.
const NAME_CHARS: usize = 60;
/// How long one run may take. Its steps are counted and end long before; this is for one step that does not end.
const LONGEST_RUN: Duration = Duration::from_secs(30);
/// How much memory the process may gain while one run goes on.
const MOST_MEMORY: u64 = 2 << 30;
/// How often is looked.
const LOOK: Duration = Duration::from_millis(20);

/// Reads and compiles a program: its text, or `@FILE`.
///
/// # Errors
/// A file that cannot be read (3, 6 or 7), what is no jq (2).
pub(super) fn program(app: &App, argument: &str) -> Result<Program, CliError> {
    let source = match argument.strip_prefix('@') {
        Some(path) => Source::File(path),
        None => Source::Literal(argument),
    };
    let text = source.read_text(MAX_PROGRAM_BYTES)?;
    let name = match &source {
        Source::File(_) => argument.to_owned(),
        _ => short(&text),
    };
    watch(app.out.settings());
    Program::compile(&name, &text).map_err(|error| no_program(&name, &error))
}

/// As [`program`], for a condition.
///
/// # Errors
/// As [`program`].
pub(super) fn condition(app: &App, argument: Option<&str>) -> Result<Option<Condition>, CliError> {
    argument.map(|argument| program(app, argument).map(Condition)).transpose()
}

/// The error for what does not compile.
pub(super) fn no_program(name: &str, error: &SyntaxError) -> CliError {
    let made = CliError::usage(format!("{name} is no jq program that can be run: {error}")).code("bad_jq");
    made.with("line", error.line).with("column", error.column)
}

/// A program on one line, cut where it is long.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(NAME_CHARS) {
        Some((end, _)) => format!("'{}…'", &line[..end]),
        None => format!("'{line}'"),
    }
}

/// Ends the process when one run of a program takes very long or very much: a thread cannot be stopped from outside.
/// Nothing is lost by that: what was to be written is written whole or not at all.
pub(super) fn watch(settings: &Settings) {
    static ONCE: Once = Once::new();
    let settings = settings.clone();
    ONCE.call_once(move || {
        // Without it the limits inside still count.
        let _ = thread::Builder::new().name("jq-watch".into()).spawn(move || {
            let ended = end_of_patience();
            let output = Output::new(settings);
            output.error(&ended);
            process::exit(ended.exit.into());
        });
    });
}

/// Waits until a run has taken too much; what to say then.
fn end_of_patience() -> CliError {
    let mut seen: Option<(Running, Instant, u64)> = None;
    loop {
        thread::sleep(LOOK);
        let now = running();
        match (&now, &seen) {
            (Some(now), Some((before, since, memory))) if now == before => {
                let too_long = since.elapsed() > LONGEST_RUN;
                let too_much = resident().saturating_sub(*memory) > MOST_MEMORY;
                if too_long || too_much {
                    let what = match too_much {
                        true => format!("it took more than {} MiB", MOST_MEMORY >> 20),
                        false => format!("one run took longer than {} s", LONGEST_RUN.as_secs()),
                    };
                    let error = CliError::usage(format!("jq program {} was stopped: {what}", now.program));
                    return error.code("jq_limit").with("program", &*now.program);
                }
            }
            (Some(now), _) => seen = Some((now.clone(), Instant::now(), resident())),
            (None, _) => seen = None,
        }
    }
}

/// Bytes of memory this process holds, where the system has `/proc`; 0 elsewhere.
fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_program_is_named_by_its_beginning_on_one_line() {
        assert_eq!(short(".a\n  + 1"), "'.a + 1'");
        let name = short(&".a + ".repeat(100));
        assert!(name.chars().count() == 63 && name.ends_with("…'"), "{name}");
    }
}
