//! What is said beside the results, on stderr: notes, warnings, the error.

use clap::builder::StyledStr;
use serde_json::Map;
use serde_json::Value;

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::output::cell::Tone;
use crate::cli::output::cell::paint;
use crate::cli::output::lock;
use crate::cli::output::safe_json::write_json;
use crate::cli::output::settings::Format;
use crate::event::escape_unsafe;

impl Output {
    /// Says something on stderr, unless only results are wanted.
    pub fn note(&self, text: &str) {
        if !self.settings().quiet {
            self.say(&format!("{}\n", safe_lines(text)));
        }
    }

    /// Warns on stderr, unless only results are wanted.
    pub fn warn(&self, text: &str) {
        if !self.settings().quiet {
            let label = paint("warning:", Tone::Warn, self.settings().colour_stderr);
            self.say(&format!("{label} {}\n", safe_lines(text)));
        }
    }

    /// Shows a help text of clap's on stderr, before the error that it explains. It must hold nothing from outside.
    pub(crate) fn guide(&self, text: &StyledStr) {
        let text = if self.settings().colour_stderr { text.ansi().to_string() } else { text.to_string() };
        self.say(&format!("{}\n\n", text.trim_end()));
    }

    /// Shows an error on stderr: as text, or as one JSON object with `-o json` and `-o ndjson`.
    ///
    /// Nothing is said of a closed pipe.
    pub fn error(&self, error: &CliError) {
        if error.is_closed_pipe() {
            return;
        }
        match self.settings().format {
            Format::Json | Format::Ndjson => self.say(&json(error)),
            Format::Table | Format::Yaml | Format::Csv => self.say(&plain(error, self.settings().colour_stderr)),
        }
    }

    pub(crate) fn say(&self, text: &str) {
        // Results first where both go to a terminal. A failure here is told by the next write of results,
        // and that stderr cannot be written cannot be told to anyone.
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
    let mut text = format!("{} {}\n", paint("error:", Tone::Bad, colour), safe_lines(&error.message));
    for cause in &error.causes {
        text.push_str(&format!("  caused by: {}\n", safe_lines(cause)));
    }
    if let Some(hint) = &error.hint {
        text.push_str(&format!("{} {}\n", paint("hint:", Tone::Good, colour), safe_lines(hint)));
    }
    text
}

fn json(error: &CliError) -> String {
    #[derive(serde::Serialize)]
    struct Body<'a> {
        code: &'a str,
        exit: u8,
        message: &'a str,
        hint: Option<&'a str>,
        details: Box<Map<String, Value>>,
    }
    let mut details = error.details.clone();
    if !error.causes.is_empty() {
        details.insert("causes".into(), error.causes.clone().into());
    }
    let CliError { code, exit, message, hint, .. } = error;
    let body = Body { code, exit: *exit, message, hint: hint.as_deref(), details };
    let mut buffer = b"{\"error\":".to_vec();
    // Texts and JSON values always serialise.
    let _ = write_json(&mut buffer, &body);
    buffer.extend_from_slice(b"}\n");
    String::from_utf8_lossy(&buffer).into_owned()
}

/// Made safe line by line; what follows the first line is indented, so that it cannot pose as a line of esctl's.
pub(crate) fn safe_lines(text: &str) -> String {
    let lines: Vec<_> = text.trim_end().lines().map(escape_unsafe).collect();
    lines.join("\n    ")
}
