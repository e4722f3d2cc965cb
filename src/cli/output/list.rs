//! A list, written while it is read: memory stays flat for any number of items.
//!
//! The first page is held back, so that a list whose first read fails prints nothing.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::output::body::Body;
use crate::cli::output::cell::Cell;
use crate::cli::output::safe_json::write_json_text;
use crate::cli::output::settings::Format;
use crate::cli::output::sink::BUFFER_BYTES;

/// Rows in a page.
pub(crate) const PAGE_ROWS: usize = 500;
/// A page of large rows ends here.
pub(crate) const PAGE_BYTES: usize = 256 << 10;
/// Where a table on a terminal stops.
const TERMINAL_ROWS: u64 = 100;
/// So many rows beyond those are counted, then it is only said that there are more than these.
const COUNTED_ROWS: u64 = 10_000;

/// What a list is called and how it is laid out.
#[derive(Debug, Clone)]
pub struct Listing {
    pub(crate) columns: Vec<String>,
    pub(crate) fields: Option<Vec<String>>,
    empty: String,
    unlimited: bool,
}

impl Listing {
    /// A list with these columns in table format, in upper case.
    pub fn new<T: Into<String>>(columns: impl IntoIterator<Item = T>) -> Self {
        let columns = columns.into_iter().map(|name| Cell::new(name.into()).text.to_uppercase()).collect();
        Self { columns, fields: None, empty: "nothing found".into(), unlimited: false }
    }

    /// What is said on stderr about an empty list in table format.
    #[must_use]
    pub fn empty(mut self, text: impl Into<String>) -> Self {
        self.empty = text.into();
        self
    }

    /// The CSV header, known beforehand; else it is what the items of the first page have for fields.
    #[must_use]
    pub fn fields<T: Into<String>>(mut self, fields: impl IntoIterator<Item = T>) -> Self {
        self.fields = Some(fields.into_iter().map(Into::into).collect());
        self
    }

    /// No stop on a terminal: for a list that was given a limit, or that follows.
    #[must_use]
    pub fn unlimited(mut self) -> Self {
        self.unlimited = true;
        self
    }
}

/// Writes the items of a list in the format that was asked for.
///
/// Dropped without [`ListWriter::finish`], it prints nothing of a first page that is not complete.
pub struct ListWriter<'a> {
    out: &'a Output,
    body: Body,
    buffer: Vec<u8>,
    released: bool,
    finished: bool,
    pushed: u64,
    limit: Option<u64>,
    /// Rows beyond the limit.
    beyond: u64,
    empty: String,
}

impl<'a> ListWriter<'a> {
    pub(crate) fn start(out: &'a Output, listing: Listing) -> Self {
        let settings = out.settings();
        let on_terminal = settings.format == Format::Table && settings.width.is_some();
        let limit = (on_terminal && !listing.unlimited).then_some(TERMINAL_ROWS);
        Self {
            out,
            empty: listing.empty.clone(),
            body: Body::new(settings.format, listing),
            buffer: Vec::new(),
            released: false,
            finished: false,
            pushed: 0,
            limit,
            beyond: 0,
        }
    }

    /// One more item, with its cells where it is a table. False when no more are wanted; what goes beyond the
    /// rows a terminal gets is only counted.
    ///
    /// # Errors
    /// stdout cannot be written or is closed; the item does not serialise (8).
    pub fn push<T: Serialize + ?Sized>(&mut self, item: &T, cells: impl FnOnce() -> Vec<Cell>) -> Result<bool, CliError> {
        if self.limit == Some(self.pushed) {
            if self.beyond == 0 {
                self.flush()?;
            }
            self.beyond += 1;
            return Ok(self.beyond <= COUNTED_ROWS);
        }
        let mark = self.buffer.len();
        if let Err(error) = self.body.push(&mut self.buffer, self.pushed == 0, item, cells) {
            self.buffer.truncate(mark);
            return Err(unwritable(&error));
        }
        self.pushed += 1;
        self.settle()?;
        Ok(true)
    }

    /// One more item that is JSON text already; the cheapest way for `-o ndjson`. As [`ListWriter::push`].
    ///
    /// # Errors
    /// stdout cannot be written or is closed; in other formats also text that is no JSON (8).
    pub fn push_json(&mut self, json: &str, cells: impl FnOnce() -> Vec<Cell>) -> Result<bool, CliError> {
        match self.body {
            Body::Ndjson => {
                write_json_text(&mut self.buffer, json);
                self.buffer.push(b'\n');
                self.pushed += 1;
                self.settle()?;
                Ok(true)
            }
            Body::Table { .. } => self.push(json, cells),
            _ => {
                let item: &RawValue = serde_json::from_str(json).map_err(|error| unwritable(&error))?;
                self.push(item, cells)
            }
        }
    }

    /// How many items were taken.
    pub fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Prints what was pushed, at once: for a list that follows.
    ///
    /// # Errors
    /// stdout cannot be written or is closed.
    pub fn flush(&mut self) -> Result<(), CliError> {
        self.release()?;
        self.out.flush()
    }

    /// Ends the list; `next` is where `--after` goes on, if there is more.
    ///
    /// # Errors
    /// stdout cannot be written or is closed.
    pub fn finish(mut self, next: Option<String>) -> Result<(), CliError> {
        self.finished = true;
        self.body.end(&mut self.buffer, self.pushed == 0, next.as_deref());
        self.release()?;
        self.out.flush()?;
        let is_table = matches!(self.body, Body::Table { .. });
        if is_table && self.pushed == 0 {
            self.out.note(&self.empty);
        } else if self.beyond > 0 {
            let more_than = if self.beyond > COUNTED_ROWS { "more than " } else { "" };
            let rows = self.beyond.min(COUNTED_ROWS);
            let noun = if rows == 1 { "row" } else { "rows" };
            self.out.note(&format!("{more_than}{rows} more {noun}; use -o ndjson or --limit"));
        } else if let (true, Some(next)) = (is_table, next) {
            self.out.note(&format!("more rows; go on with --after {next}"));
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), CliError> {
        let page_full = self.body.page_is_full();
        let first_full = !self.released && (self.buffer.len() >= PAGE_BYTES || self.pushed >= PAGE_ROWS as u64);
        if page_full || first_full {
            return self.release();
        }
        if self.released && self.buffer.len() >= BUFFER_BYTES {
            return self.write();
        }
        Ok(())
    }

    /// From here on nothing is held back.
    fn release(&mut self) -> Result<(), CliError> {
        self.released = true;
        let lost = self.body.draw(&mut self.buffer, self.out.settings());
        self.write()?;
        if let Some(field) = lost {
            self.out.warn(&format!("items have fields that the CSV header lacks, such as {field}; use -o ndjson for all"));
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), CliError> {
        let written = if self.buffer.is_empty() { Ok(()) } else { self.out.write(&self.buffer) };
        self.buffer.clear();
        written
    }
}

impl Drop for ListWriter<'_> {
    fn drop(&mut self) {
        // What was read whole is shown even if what follows cannot be read.
        if self.released && !self.finished {
            let _ = self.release();
        }
    }
}

fn unwritable(error: &serde_json::Error) -> CliError {
    CliError::integrity("an item cannot be written as JSON").code("not_json").caused_by(error)
}
