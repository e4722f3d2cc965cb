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
use crate::jq::runs;
use crate::ops::Condition;

/// What jq calls formats: with such a word a program can begin.
const FORMATS: [&str; 12] =
    ["@text", "@json", "@html", "@htmld", "@uri", "@urid", "@csv", "@tsv", "@sh", "@base64", "@base64d", "@base32"];
/// How much of a program is its name in messages.
const NAME_CHARS: usize = 60;
/// How long one run may take. Its steps are counted and end long before; this is for one step that does not end.
const LONGEST_RUN: Duration = Duration::from_secs(30);
/// How long all runs together may take …
const LONGEST_RUNS: Duration = Duration::from_secs(60);
/// … and so much more for each: far more than one takes that is not wrong.
const MORE_PER_RUN: Duration = Duration::from_millis(100);
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
    let text = source.read_text(MAX_PROGRAM_BYTES).map_err(|error| or_format(error, argument))?;
    let name = match &source {
        Source::File(_) => argument.to_owned(),
        _ => short(&text),
    };
    watch(app.out.settings());
    Program::compile(&name, &text).map_err(|error| no_program(&name, &error))
}

/// A file that is not there may have been meant as one of jq's formats.
fn or_format(error: CliError, argument: &str) -> CliError {
    let word = argument.split(|c: char| !c.is_ascii_alphanumeric() && c != '@').next().unwrap_or_default();
    match FORMATS.contains(&word) {
        true => error.hint(format!("@ begins the name of a file; for jq's {word} write '. | {argument}'")),
        false => error,
    }
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

/// Waits until a run, or all together, have taken too much; what to say then.
fn end_of_patience() -> CliError {
    let mut seen: Option<(Running, Instant, u64)> = None;
    let mut patience = Patience::default();
    loop {
        let looked = Instant::now();
        thread::sleep(LOOK);
        let now = running();
        let too_much = match (&now, &seen) {
            (Some(now), Some((before, since, memory))) if now == before => {
                if resident().saturating_sub(*memory) > MOST_MEMORY {
                    Some(format!("it took more than {} MiB", MOST_MEMORY >> 20))
                } else {
                    let limit = LONGEST_RUN.as_secs();
                    (since.elapsed() > LONGEST_RUN).then(|| format!("one run took longer than {limit} s"))
                }
            }
            _ => None,
        };
        if let Some(now) = &now {
            let too_much = too_much.or_else(|| patience.spend(looked.elapsed(), runs()));
            if let Some(what) = too_much {
                let error = CliError::usage(format!("jq program {} was stopped: {what}", now.program));
                return error.code("jq_limit").with("program", &*now.program);
            }
        }
        match (&now, &seen) {
            (Some(now), Some((before, ..))) if now == before => {}
            (Some(now), _) => seen = Some((now.clone(), Instant::now(), resident())),
            (None, _) => seen = None,
        }
    }
}

/// How long programs have run, as it was seen now and then: measuring each run would cost more than most of them.
#[derive(Default)]
struct Patience {
    spent: Duration,
}

impl Patience {
    /// A program was seen to run in the last while, after so many runs; what to say if that is too much of it.
    fn spend(&mut self, last: Duration, runs: u64) -> Option<String> {
        self.spent += last;
        let more = MORE_PER_RUN.saturating_mul(u32::try_from(runs).unwrap_or(u32::MAX));
        let (spent, limit, each) = (self.spent.as_secs(), LONGEST_RUNS.as_secs(), MORE_PER_RUN.as_millis());
        let what = || format!("{runs} runs took {spent} s together; {limit} s and {each} ms for each are allowed");
        (self.spent > LONGEST_RUNS.saturating_add(more)).then(what)
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
    use std::time::Duration;

    use super::Patience;
    use super::short;

    #[test]
    fn many_runs_may_take_long_and_few_may_not() {
        let (mut few, mut many) = (Patience::default(), Patience::default());
        let seconds = |runs: fn(u64) -> u64, patience: &mut Patience| {
            (1..200).find(|second| patience.spend(Duration::from_secs(1), runs(*second)).is_some())
        };
        // One run takes ten seconds, or a tenth of a second.
        assert_eq!(seconds(|second| second / 10, &mut few), Some(61));
        assert_eq!(seconds(|second| second * 10, &mut many), None);
    }

    #[test]
    fn a_program_is_named_by_its_beginning_on_one_line() {
        assert_eq!(short(".a\n  + 1"), "'.a + 1'");
        let name = short(&".a + ".repeat(100));
        assert!(name.chars().count() == 63 && name.ends_with("…'"), "{name}");
    }
}
