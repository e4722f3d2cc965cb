//! Notes, warnings and errors on stderr.

use std::io;
use std::io::Write;

use clap::builder::StyledStr;
use serde_json::Map;
use serde_json::Value;

use crate::cli::error::CliError;
use crate::cli::output::cell::Tone;
use crate::cli::output::cell::paint;
use crate::cli::output::printer::Output;
use crate::cli::output::printer::lock;
use crate::cli::output::safe_json::write_json;
use crate::cli::output::screen;
use crate::event::escape_unsafe;
use crate::ops::Failure;

impl Output {
    /// Prints a note on stderr, unless `--quiet` is set.
    pub fn note(&self, text: &str) {
        if !self.settings().quiet {
            self.print_stderr(&format!("{}\n", safe_lines(text)));
        }
    }

    /// Prints a warning on stderr, unless `--quiet` is set.
    pub fn warn(&self, text: &str) {
        if !self.settings().quiet {
            let label = paint("warning:", Tone::Warn, self.settings().colour_stderr);
            self.print_stderr(&format!("{label} {}\n", safe_lines(text)));
        }
    }

    /// Prints a help text of clap on stderr, before the error that it explains. It must contain no text from outside.
    pub(crate) fn print_help(&self, text: &StyledStr) {
        let text = if self.settings().colour_stderr { text.ansi().to_string() } else { text.to_string() };
        self.print_stderr(&format!("{}\n\n", text.trim_end()));
    }

    /// Prints an error on stderr: as text, or as one JSON object with `-o json` and `-o ndjson`.
    ///
    /// Prints nothing about a closed pipe.
    pub fn error(&self, error: &CliError) {
        if error.is_closed_pipe() {
            return;
        }
        let settings = self.settings();
        let text = if settings.format.has_json_errors() { json(error) } else { plain(error, settings.colour_stderr) };
        self.print_stderr(&text);
    }

    pub(crate) fn print_stderr(&self, text: &str) {
        // Results first if both go to a terminal. The next write of results reports a failure here. A failing stderr cannot be
        // reported.
        if self.settings().width.is_some() {
            let _ = self.flush();
        }
        let write = || {
            let mut stderr = lock(&self.stderr);
            let _ = stderr.write_all(text.as_bytes());
            let _ = stderr.flush();
        };
        match self.active_bar() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

fn plain(error: &CliError, colour: bool) -> String {
    let mut text = format!("{} {}\n", paint("error:", Tone::Bad, colour), safe_lines(&error.failure.message));
    for cause in &error.failure.causes {
        text.push_str(&format!("  caused by: {}\n", safe_lines(cause)));
    }
    if let Some(hint) = &error.failure.hint {
        text.push_str(&format!("{} {}\n", paint("hint:", Tone::Good, colour), safe_lines(hint)));
    }
    text
}

fn json(error: &CliError) -> String {
    #[derive(serde::Serialize)]
    struct ErrorBody<'a> {
        code: &'a str,
        exit: u8,
        message: &'a str,
        hint: Option<&'a str>,
        details: Map<String, Value>,
    }
    let Failure { code, message, causes, hint, details, .. } = &*error.failure;
    let mut details = details.clone();
    if !causes.is_empty() {
        details.insert("causes".into(), causes.clone().into());
    }
    let body = ErrorBody { code, exit: error.exit(), message, hint: hint.as_deref(), details };
    let mut buffer = b"{\"error\":".to_vec();
    // Texts and JSON values always serialize.
    let _ = write_json(&mut buffer, &body);
    buffer.extend_from_slice(b"}\n");
    String::from_utf8_lossy(&buffer).into_owned()
}

/// Makes a text safe line by line. Further lines are indented, so that they cannot look like a message of esctl.
pub(crate) fn safe_lines(text: &str) -> String {
    let lines: Vec<_> = text.trim_end().lines().map(escape_unsafe).collect();
    lines.join("\n    ")
}

/// Prints the message of a panic, without relying on the state of the program.
pub(crate) fn print_panic(text: &str) {
    print_panic_to(&mut io::stderr(), text);
}

pub(crate) fn print_panic_to(stderr: &mut dyn Write, text: &str) {
    screen::give_back();
    let text = safe_lines(text);
    let hint = "report this bug in esctl, with the command and this message";
    let _ = writeln!(stderr, "error: {text}\nhint: {hint}");
}
