//! jq programs as arguments, and the watch that ends the process if one cannot be stopped.

use std::fs;
use std::process;
use std::sync::Once;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::cli::error::CliError;
use crate::cli::input::InputSource;
use crate::cli::output::Output;
use crate::cli::output::OutputSettings;
use crate::jq::JqProgram;
use crate::jq::MAX_PROGRAM_BYTES;
use crate::jq::RunningProgram;
use crate::jq::SyntaxError;
use crate::jq::running;
use crate::jq::runs;
use crate::ops::Condition;

/// The formats of jq, with which a program can begin.
const FORMATS: [&str; 12] =
    ["@text", "@json", "@html", "@htmld", "@uri", "@urid", "@csv", "@tsv", "@sh", "@base64", "@base64d", "@base32"];
/// The number of characters of a program that messages show.
const NAME_CHARS: usize = 60;
/// The limit for one run. Counted steps end a run much earlier; this limit is for one step that does not end.
const LONGEST_RUN: Duration = Duration::from_secs(30);
/// The limit for all runs together, without the share of each run.
const LONGEST_RUNS: Duration = Duration::from_secs(60);
/// The share of each run in the limit for all runs. A correct program needs far less.
const MORE_PER_RUN: Duration = Duration::from_millis(100);
/// The memory that the process may gain during one run.
const MOST_MEMORY: u64 = 2 << 30;
/// The interval between two checks.
const LOOK: Duration = Duration::from_millis(20);

/// Reads and compiles a program: its text, or `@FILE`.
///
/// # Errors
/// The file cannot be read (3, 6 or 7), or the text is not a jq program (2).
pub(super) fn program(out: &Output, argument: &str) -> Result<JqProgram, CliError> {
    let source = match argument.strip_prefix('@') {
        Some(path) => InputSource::File(path),
        None => InputSource::Literal(argument),
    };
    let text = source.read_text(MAX_PROGRAM_BYTES).map_err(|error| or_format(error, argument))?;
    let name = match &source {
        InputSource::File(_) => argument.to_owned(),
        _ => short(&text),
    };
    watch(out.settings());
    JqProgram::compile(&name, &text).map_err(|error| no_program(&name, &error))
}

/// Adds a hint if a missing file may have been meant as one of jq's formats.
fn or_format(error: CliError, argument: &str) -> CliError {
    let word = argument.split(|c: char| !c.is_ascii_alphanumeric() && c != '@').next().unwrap_or_default();
    match FORMATS.contains(&word) {
        true => error.hint(format!("write '. | {argument}' for jq's {word}; @ begins the name of a file")),
        false => error,
    }
}

/// Reads and compiles a condition.
///
/// # Errors
/// As [`program`].
pub(super) fn condition(out: &Output, argument: Option<&str>) -> Result<Option<Condition>, CliError> {
    argument.map(|argument| program(out, argument).map(Condition)).transpose()
}

/// Returns the error for a text that does not compile.
pub(super) fn no_program(name: &str, error: &SyntaxError) -> CliError {
    let made = CliError::usage(format!("{name} is not a valid jq program: {error}")).code("bad_jq");
    made.with("line", error.line).with("column", error.column)
}

/// Returns a program on one line, cut if it is long.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(NAME_CHARS) {
        Some((end, _)) => format!("'{}…'", &line[..end]),
        None => format!("'{line}'"),
    }
}

/// Ends the process if a run of a program takes too long or too much memory, because a thread cannot be stopped from outside. No
/// data are lost: a write is applied in full or not at all.
pub(super) fn watch(settings: &OutputSettings) {
    static ONCE: Once = Once::new();
    let settings = settings.clone();
    ONCE.call_once(move || {
        // Without this thread the limits inside the program still apply.
        let _ = thread::Builder::new().name("jq-watch".into()).spawn(move || {
            let ended = end_of_patience();
            let output = Output::new(settings);
            output.error(&ended);
            process::exit(ended.exit().into());
        });
    });
}

/// Waits until one run, or all runs together, exceed a limit. Returns the error to print.
fn end_of_patience() -> CliError {
    let mut seen: Option<(RunningProgram, Instant, u64)> = None;
    let mut patience = RunBudget::default();
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

/// The time that programs have run, sampled: measuring each run would cost more than most of them.
#[derive(Default)]
struct RunBudget {
    spent: Duration,
}

impl RunBudget {
    /// Adds the time of a sample. Returns a message if the limit for this number of runs is exceeded.
    fn spend(&mut self, last: Duration, runs: u64) -> Option<String> {
        self.spent += last;
        let more = MORE_PER_RUN.saturating_mul(u32::try_from(runs).unwrap_or(u32::MAX));
        let (spent, limit, each) = (self.spent.as_secs(), LONGEST_RUNS.as_secs(), MORE_PER_RUN.as_millis());
        let what = || format!("{runs} runs took {spent} s together; {limit} s and {each} ms for each are allowed");
        (self.spent > LONGEST_RUNS.saturating_add(more)).then(what)
    }
}

/// Returns the bytes of memory that this process holds, from `/proc`; 0 on systems without it.
fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::RunBudget;
    use super::short;

    #[test]
    fn many_runs_may_take_long_and_few_may_not() {
        let (mut few, mut many) = (RunBudget::default(), RunBudget::default());
        let seconds = |runs: fn(u64) -> u64, patience: &mut RunBudget| {
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
