//! Diagnostics of the program and its libraries, and the log of a server, on stderr.
//!
//! Each entry is one line, whatever an event, a name or a message contains. Characters that move the cursor or start a line are
//! escaped visibly.

use std::env;
use std::io;
use std::io::IsTerminal;
use std::io::Write;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use crate::cli::error::CliError;
use crate::cli::output::screen;
use crate::event::escape_unsafe;

/// The levels of diagnostics.
const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// The format of the log of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line for people: time, level, message and fields
    Text,
    /// One JSON object a line, for programs
    Json,
}

/// Prints diagnostics from now on, at the level of `ESCTL_LOG` or of the number of `-v`.
pub(crate) fn log_to_stderr(verbose: u8) {
    show(["warn", "info", "debug"], verbose, LogFormat::Text);
}

/// Writes the log of a server from now on: a line for each request, and more with `-v`.
pub(crate) fn log_of_server_to_stderr(verbose: u8, format: LogFormat) {
    show(["info", "debug", "trace"], verbose, format);
}

/// Checks the variable `ESCTL_LOG`: a level, or directives like `esctl=debug`.
///
/// # Errors
/// The value selects nothing (2).
pub(crate) fn check_log_variable() -> Result<(), CliError> {
    let Some(value) = variable() else { return Ok(()) };
    let known = |directive: &str| {
        let word = directive.trim();
        let level = word.is_empty() || LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word)) || word == "esctl";
        level || word.contains(['=', '[', ':'])
    };
    if value.split(',').all(known) && EnvFilter::builder().parse(&value).is_ok() {
        return Ok(());
    }
    let message = format!("the variable ESCTL_LOG has the unknown value \"{}\"", escape_unsafe(&value));
    let hint = format!("set it to {}, or name a part like esctl=debug", LEVELS.join(", "));
    Err(CliError::usage(message).code("bad_variable").hint(hint).with("variable", "ESCTL_LOG"))
}

fn variable() -> Option<String> {
    env::var("ESCTL_LOG").ok().filter(|value| !value.is_empty())
}

fn show(levels: [&str; 3], verbose: u8, format: LogFormat) {
    let level = levels[usize::from(verbose).min(levels.len() - 1)];
    let filter = variable().unwrap_or_else(|| format!("esctl={level}"));
    let subscriber = tracing_subscriber::fmt().with_writer(writer).with_env_filter(filter).with_ansi(false);
    // A stderr that cannot be written is no reason to fail.
    let subscriber = subscriber.log_internal_errors(false);
    // A program that uses this crate as a library may have a subscriber already.
    let _ = match format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
    };
}

/// Returns the writer of diagnostics, which drops them while they would end up in the middle of a screen.
fn writer() -> Box<dyn Write> {
    if screen::is_taken() && io::stderr().is_terminal() { Box::new(io::sink()) } else { Box::new(LineSafeWriter(io::stderr())) }
}

/// A writer that keeps each entry on one line.
struct LineSafeWriter<W>(W);

impl<W: Write> Write for LineSafeWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let body = text.strip_suffix('\n').unwrap_or(&text);
        self.0.write_all(format!("{}\n", escape_unsafe(body)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::LineSafeWriter;

    #[test]
    fn nothing_in_a_line_can_look_like_another_one_or_move_a_cursor() {
        let mut written = Vec::new();
        LineSafeWriter(&mut written).write_all("name=\u{1b}[2Ja\r\nINFO forged \u{202e}\u{9b}\n".as_bytes()).unwrap();
        let text = String::from_utf8(written).unwrap();
        assert_eq!(text, "name=\\u001b[2Ja\\u000d\\u000aINFO forged \\u202e\\u009b\n");
    }
}
