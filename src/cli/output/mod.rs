//! The only place that prints: results to stdout in one of five formats, everything else to stderr.
//!
//! Whatever comes from a store is made safe here before it can reach a terminal.

mod annotation;
mod body;
mod cell;
mod confirm;
mod csv_row;
mod fields;
mod grid;
mod key;
mod list;
mod log;
mod message;
mod progress;
mod safe_json;
#[cfg(feature = "ui")]
pub(crate) mod screen;
#[cfg(not(feature = "ui"))]
#[path = "absent/screen.rs"]
pub(crate) mod screen;
mod settings;
mod sheet;
mod sink;
mod stdout;
mod yaml;

#[cfg(test)]
mod tests;

use std::io;
use std::io::Write;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use clap::builder::StyledStr;
use indicatif::ProgressBar;
use serde::Serialize;

use crate::cli::error::CliError;
use crate::cli::output::body::json_of;
use crate::cli::output::sink::Sink;

pub use cell::Cell;
pub use cell::Tone;
pub use key::Key;
pub use key::Typed;
pub use list::ListWriter;
pub use list::Listing;
pub use log::LogFormat;
pub(crate) use log::check_log_variable;
pub(crate) use log::log_of_server_to_stderr;
pub(crate) use log::log_to_stderr;
pub use progress::Progress;
pub(crate) use screen::give_back;
pub use settings::Format;
pub use settings::Settings;
pub use sheet::Sheet;
pub(crate) use sink::STDOUT_UNAVAILABLE;

/// How often a command that waits looks whether somebody still reads.
const LOOK_FOR_READER: Duration = Duration::from_millis(200);

/// stdout and stderr, and how to print on them.
pub struct Output {
    settings: Settings,
    sink: Mutex<Sink>,
    stderr: Mutex<Box<dyn Write + Send>>,
    bar: Mutex<Option<ProgressBar>>,
}

impl Output {
    /// The output of this process.
    pub fn new(settings: Settings) -> Self {
        Self::with_writers(settings, stdout::writer(), Box::new(io::stderr()))
    }

    /// An output that writes elsewhere.
    pub fn with_writers(settings: Settings, stdout: Box<dyn Write + Send>, stderr: Box<dyn Write + Send>) -> Self {
        Self { settings, sink: Mutex::new(Sink::new(stdout)), stderr: Mutex::new(stderr), bar: Mutex::new(None) }
    }

    /// How this output prints.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The form of the results.
    pub fn format(&self) -> Format {
        self.settings.format
    }

    /// Prints a single report; `table` lays it out for people.
    ///
    /// # Errors
    /// stdout cannot be written or is closed; the report does not serialise.
    pub fn one<T: Serialize + ?Sized>(&self, report: &T, table: impl FnOnce(&mut Sheet)) -> Result<(), CliError> {
        let text = match self.settings.format {
            Format::Table => {
                let mut sheet = Sheet::default();
                table(&mut sheet);
                sheet.render(&self.settings)
            }
            _ => self.machine_readable(report).map_err(|error| {
                CliError::integrity("the report cannot be written as JSON").code("not_json").caused_by(&error)
            })?,
        };
        self.write(text.as_bytes())?;
        self.flush()
    }

    fn machine_readable<T: Serialize + ?Sized>(&self, report: &T) -> Result<String, serde_json::Error> {
        let mut json = json_of(report)?;
        match self.settings.format {
            Format::Json => json = safe_json::pretty(&json),
            Format::Yaml => return yaml::document(&json),
            Format::Csv => {
                let (names, cells): (Vec<_>, Vec<_>) = csv_row::cells(&json)?.into_iter().unzip();
                let mut rows = Vec::new();
                csv_row::write_row(&mut rows, names.iter().map(|name| csv_row::header(name)));
                csv_row::write_row(&mut rows, cells);
                return String::from_utf8(rows).map_err(serde::ser::Error::custom);
            }
            Format::Table | Format::Ndjson => {}
        }
        json.push('\n');
        Ok(json)
    }

    /// Begins a list.
    pub fn list(&self, listing: Listing) -> ListWriter<'_> {
        ListWriter::start(self, listing)
    }

    /// Prints a text of one or several lines in any format: each made safe, with a newline at the end.
    ///
    /// # Errors
    /// stdout cannot be written or is closed.
    pub fn text(&self, text: &str) -> Result<(), CliError> {
        for line in text.lines() {
            self.write(Cell::new(line).as_str().as_bytes())?;
            self.write(b"\n")?;
        }
        Ok(())
    }

    /// Prints a help text of clap's, in colour where there is colour. It must hold nothing that comes from outside.
    ///
    /// # Errors
    /// stdout cannot be written or is closed.
    pub fn styled(&self, text: &StyledStr) -> Result<(), CliError> {
        if self.settings.colour { self.write(text.ansi().to_string().as_bytes()) } else { self.text(&text.to_string()) }
    }

    /// Writes bytes as they are: completions, man pages, exports. Never what comes from a store unescaped.
    ///
    /// # Errors
    /// stdout cannot be written or is closed.
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), CliError> {
        self.write(bytes)
    }

    /// Writes what was gathered.
    ///
    /// # Errors
    /// stdout cannot be written or is closed.
    pub fn flush(&self) -> Result<(), CliError> {
        self.beside_bar(Sink::flush)
    }

    /// Waits until nobody is left who reads from stdout: for a command that waits for news.
    pub async fn reader_gone(&self) {
        while !stdout::reader_is_gone() {
            tokio::time::sleep(LOOK_FOR_READER).await;
        }
    }

    /// To be called last by the program: only now it is known that everything has been written.
    ///
    /// # Errors
    /// stdout cannot be written or is closed.
    pub fn finish(&self) -> Result<(), CliError> {
        self.flush()
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), CliError> {
        self.beside_bar(|sink| sink.write(bytes))
    }

    /// On a terminal a progress bar must not run through the results.
    fn beside_bar(&self, write: impl FnOnce(&mut Sink) -> Result<(), CliError>) -> Result<(), CliError> {
        match self.settings.width.and_then(|_| self.active_bar()) {
            Some(bar) => bar.suspend(|| write(&mut lock(&self.sink))),
            None => write(&mut lock(&self.sink)),
        }
    }

    fn active_bar(&self) -> Option<ProgressBar> {
        lock(&self.bar).clone().filter(|bar| !bar.is_finished())
    }
}

/// What is said when nothing of the program can be relied on any more.
pub(crate) fn last_words(text: &str) {
    last_words_to(&mut io::stderr(), text);
}

fn last_words_to(stderr: &mut dyn Write, text: &str) {
    screen::give_back();
    let text = message::safe_lines(text);
    let hint = "this is a bug in esctl: please report it with the command you ran and this message";
    let _ = writeln!(stderr, "error: {text}\nhint: {hint}");
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
