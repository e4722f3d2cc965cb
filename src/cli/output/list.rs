//! A list that is written while it is read. Memory stays constant for any number of items.
//!
//! The first page is held back, so that a list whose first read fails prints nothing.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::cli::error::CliError;
use crate::cli::output::cell::Cell;
use crate::cli::output::list_formats::ListBody;
use crate::cli::output::listing::Listing;
use crate::cli::output::listing::PAGE_BYTES;
use crate::cli::output::listing::PAGE_ROWS;
use crate::cli::output::printer::Output;
use crate::cli::output::safe_json::write_json_text;
use crate::cli::output::settings::Format;
use crate::cli::output::sink::BUFFER_BYTES;

/// The maximum number of rows of a table on a terminal.
const TERMINAL_ROWS: u64 = 100;
/// The maximum number of further rows that are counted. Beyond it the note says "more than".
const COUNTED_ROWS: u64 = 10_000;

/// Writes the items of a list in the selected format.
///
/// If it is dropped without [`ListWriter::finish`], an incomplete first page is not printed.
pub struct ListWriter<'a> {
    out: &'a Output,
    body: ListBody,
    buffer: Vec<u8>,
    released: bool,
    finished: bool,
    pushed: u64,
    limit: Option<u64>,
    /// The number of rows beyond the limit.
    beyond: u64,
    empty: String,
}

impl Output {
    /// Begins a list.
    pub fn list(&self, listing: Listing) -> ListWriter<'_> {
        ListWriter::start(self, listing)
    }
}

impl<'a> ListWriter<'a> {
    pub(crate) fn start(out: &'a Output, listing: Listing) -> Self {
        let settings = out.settings();
        let on_terminal = settings.format == Format::Table && settings.width.is_some();
        let limit = (on_terminal && !listing.unlimited).then_some(TERMINAL_ROWS);
        Self {
            out,
            empty: listing.empty.clone(),
            body: ListBody::new(settings.format, listing),
            buffer: Vec::new(),
            released: false,
            finished: false,
            pushed: 0,
            limit,
            beyond: 0,
        }
    }

    /// Adds an item, with its cells for a table. Returns false if no more are wanted. Rows beyond the limit of a terminal are only
    /// counted.
    ///
    /// # Errors
    /// stdout cannot be written or is closed, or the item does not serialize (8).
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

    /// Adds an item that is JSON text already, the fastest way for `-o ndjson`. Returns as [`ListWriter::push`].
    ///
    /// # Errors
    /// stdout cannot be written or is closed, or the text is not JSON in a format other than NDJSON (8).
    pub fn push_json(&mut self, json: &str, cells: impl FnOnce() -> Vec<Cell>) -> Result<bool, CliError> {
        match self.body {
            ListBody::Ndjson => {
                write_json_text(&mut self.buffer, json);
                self.buffer.push(b'\n');
                self.pushed += 1;
                self.settle()?;
                Ok(true)
            }
            ListBody::Table { .. } => self.push(json, cells),
            _ => {
                let item: &RawValue = serde_json::from_str(json).map_err(|error| unwritable(&error))?;
                self.push(item, cells)
            }
        }
    }

    /// Returns the number of items so far.
    pub fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Prints the items so far, for a list that follows.
    ///
    /// # Errors
    /// stdout cannot be written or is closed.
    pub fn flush(&mut self) -> Result<(), CliError> {
        self.release()?;
        self.out.flush()
    }

    /// Ends the list; `next` is the value of `--after` for the next page, if there is one.
    ///
    /// # Errors
    /// stdout cannot be written or is closed.
    pub fn finish(mut self, next: Option<String>) -> Result<(), CliError> {
        self.finished = true;
        self.body.end(&mut self.buffer, self.pushed == 0, next.as_deref());
        self.release()?;
        self.out.flush()?;
        let is_table = matches!(self.body, ListBody::Table { .. });
        if is_table && self.pushed == 0 {
            self.out.note(&self.empty);
        } else if self.beyond > 0 {
            let more_than = if self.beyond > COUNTED_ROWS { "more than " } else { "" };
            let rows = self.beyond.min(COUNTED_ROWS);
            let noun = if rows == 1 { "row" } else { "rows" };
            self.out.note(&format!("{more_than}{rows} more {noun}; pass -o ndjson or --limit to see them"));
        } else if let (true, Some(next)) = (is_table, next) {
            self.out.note(&format!("more rows; pass --after {next} to continue"));
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

    /// Writes the held-back items. From here on nothing is held back.
    fn release(&mut self) -> Result<(), CliError> {
        self.released = true;
        let lost = self.body.draw(&mut self.buffer, self.out.settings());
        self.write()?;
        if let Some(field) = lost {
            self.out
                .warn(&format!("items have fields that the CSV header lacks, such as {field}; pass -o ndjson for all fields"));
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
        // Items that were read are shown, even if the next ones cannot be read.
        if self.released && !self.finished {
            let _ = self.release();
        }
    }
}

fn unwritable(error: &serde_json::Error) -> CliError {
    CliError::integrity("an item cannot be written as JSON").code("not_json").caused_by(error)
}
