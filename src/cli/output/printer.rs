//! Prints results on stdout in one of five formats.

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
use crate::cli::output::cell::Cell;
use crate::cli::output::csv_row;
use crate::cli::output::fit::cut;
use crate::cli::output::safe_json;
use crate::cli::output::safe_json::json_of;
use crate::cli::output::settings::Format;
use crate::cli::output::settings::OutputSettings;
use crate::cli::output::sheet::Sheet;
use crate::cli::output::sink::Sink;
use crate::cli::output::stdout;
use crate::cli::output::yaml;

/// The interval between two checks for a reader of stdout.
const LOOK_FOR_READER: Duration = Duration::from_millis(200);

/// stdout and stderr, with the settings for printing.
pub struct Output {
    settings: OutputSettings,
    sink: Mutex<Sink>,
    pub(crate) stderr: Mutex<Box<dyn Write + Send>>,
    pub(crate) bar: Mutex<Option<ProgressBar>>,
}

impl Output {
    /// Returns the output of this process.
    pub fn new(settings: OutputSettings) -> Self {
        Self::with_writers(settings, stdout::writer(), Box::new(io::stderr()))
    }

    /// Returns an output with other writers.
    pub fn with_writers(settings: OutputSettings, stdout: Box<dyn Write + Send>, stderr: Box<dyn Write + Send>) -> Self {
        Self { settings, sink: Mutex::new(Sink::new(stdout)), stderr: Mutex::new(stderr), bar: Mutex::new(None) }
    }

    /// Returns the settings for printing.
    pub fn settings(&self) -> &OutputSettings {
        &self.settings
    }

    /// Returns the output format.
    pub fn format(&self) -> Format {
        self.settings.format
    }

    /// Checks that the format can print a list that never ends.
    ///
    /// # Errors
    /// A list in this format is one document. `hint` says what to pass instead.
    pub fn check_endless(&self, hint: &str) -> Result<(), CliError> {
        if self.format().is_one_document() {
            let error = CliError::usage("a list that never ends cannot be one JSON or YAML document");
            return Err(error.hint(hint));
        }
        Ok(())
    }

    /// Prints a single report; `table` lays it out for people.
    ///
    /// # Errors
    /// stdout cannot be written or is closed, or the report does not serialize.
    pub fn one<T: Serialize + ?Sized>(&self, report: &T, table: impl FnOnce(&mut Sheet)) -> Result<(), CliError> {
        let text = match self.settings.format {
            Format::Table => {
                let mut sheet = Sheet::new(self.settings.clone());
                table(&mut sheet);
                sheet.render()
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

    /// Prints a text in any format, line by line. Each line is made safe.
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

    /// Prints a line of a report in table format, cut at the width of the terminal. Prints nothing in the other formats.
    ///
    /// # Errors
    /// stdout cannot be written or is closed.
    pub fn table_line(&self, line: &str) -> Result<(), CliError> {
        if self.settings.format != Format::Table {
            return Ok(());
        }
        let line = Cell::new(line).text;
        let line = self.settings.room().map_or_else(|| line.clone(), |room| cut(&line, room, &self.settings));
        self.write(format!("{line}\n").as_bytes())?;
        self.flush()
    }

    /// Prints a help text of clap, in colour if colour is on. It must contain no text from outside.
    ///
    /// # Errors
    /// stdout cannot be written or is closed.
    pub fn styled(&self, text: &StyledStr) -> Result<(), CliError> {
        if self.settings.colour { self.write(text.ansi().to_string().as_bytes()) } else { self.text(&text.to_string()) }
    }

    /// Prints bytes unchanged: completions, man pages, exports. Never for unescaped text from a store.
    ///
    /// # Errors
    /// stdout cannot be written or is closed.
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), CliError> {
        self.write(bytes)
    }

    /// Writes the buffered results.
    ///
    /// # Errors
    /// stdout cannot be written or is closed.
    pub fn flush(&self) -> Result<(), CliError> {
        self.beside_bar(Sink::flush)
    }

    /// Waits until stdout has no reader any more, for a command that waits for events.
    pub async fn reader_gone(&self) {
        while !stdout::reader_is_gone() {
            tokio::time::sleep(LOOK_FOR_READER).await;
        }
    }

    /// Writes the buffered results at the end of the program, when it is known whether everything could be written.
    ///
    /// # Errors
    /// stdout cannot be written or is closed.
    pub fn finish(&self) -> Result<(), CliError> {
        self.flush()
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), CliError> {
        self.beside_bar(|sink| sink.write(bytes))
    }

    /// Writes while the progress bar is suspended, so that it does not run through the results.
    fn beside_bar(&self, write: impl FnOnce(&mut Sink) -> Result<(), CliError>) -> Result<(), CliError> {
        match self.settings.width.and_then(|_| self.active_bar()) {
            Some(bar) => bar.suspend(|| write(&mut lock(&self.sink))),
            None => write(&mut lock(&self.sink)),
        }
    }

    pub(crate) fn active_bar(&self) -> Option<ProgressBar> {
        lock(&self.bar).clone().filter(|bar| !bar.is_finished())
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
