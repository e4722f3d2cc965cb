//! A report for people: aligned fields, lines, headings, small tables.

use crate::cli::output::aligned_fields::aligned;
use crate::cli::output::cell::Cell;
use crate::cli::output::cell::Tone;
use crate::cli::output::cell::paint;
use crate::cli::output::fit::cut;
use crate::cli::output::fit::width_of;
use crate::cli::output::fit::wrap;
use crate::cli::output::grid::Grid;
use crate::cli::output::settings::OutputSettings;
use crate::event::Timestamp;
use crate::event::escape_unsafe;

/// The content of a report in table format.
#[derive(Debug)]
pub struct Sheet {
    settings: OutputSettings,
    entries: Vec<SheetEntry>,
}

#[derive(Debug)]
enum SheetEntry {
    Field(String, Cell),
    Line(Cell),
    /// A lead and a text after it, cut at the width of the terminal.
    Cut(Cell, Cell),
    Table(Vec<String>, Vec<Vec<Cell>>),
}

impl Sheet {
    pub(crate) fn new(settings: OutputSettings) -> Self {
        Self { settings, entries: Vec::new() }
    }

    /// Returns a time as the report prints it, for a text that contains it.
    pub fn time(&self, time: Timestamp) -> String {
        self.settings.time(time)
    }

    /// Adds a name and its value. Consecutive fields are aligned.
    pub fn field(&mut self, name: &str, value: impl Into<Cell>) -> &mut Self {
        let value = Cell { right: false, ..value.into() };
        self.entries.push(SheetEntry::Field(escape_unsafe(name).into_owned(), value));
        self
    }

    /// Adds a line.
    pub fn line(&mut self, text: impl Into<Cell>) -> &mut Self {
        self.entries.push(SheetEntry::Line(text.into()));
        self
    }

    /// Adds a line of a lead, which stays whole, and a text that is cut at the width of the terminal.
    pub fn cut_line(&mut self, lead: impl Into<Cell>, text: impl Into<Cell>) -> &mut Self {
        self.entries.push(SheetEntry::Cut(lead.into(), text.into()));
        self
    }

    /// Adds a line that is wrapped between words at a width.
    pub fn wrapped(&mut self, text: &str, width: usize, tone: Tone) -> &mut Self {
        if width_of(text) <= width {
            return self.line(Cell::new(text).tone(tone));
        }
        for line in wrap(text, width) {
            self.line(Cell::new(line).tone(tone));
        }
        self
    }

    /// Adds an empty line.
    pub fn blank(&mut self) -> &mut Self {
        self.line("")
    }

    /// Adds a highlighted line, after an empty one unless it is the first.
    pub fn heading(&mut self, text: &str) -> &mut Self {
        if !self.entries.is_empty() {
            self.blank();
        }
        self.line(Cell::new(text).tone(Tone::Strong))
    }

    /// Adds a text of several lines, each made safe.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for line in text.lines() {
            self.line(line);
        }
        self
    }

    /// Adds a small table; nothing if it has no rows.
    pub fn table(&mut self, columns: &[&str], rows: Vec<Vec<Cell>>) -> &mut Self {
        if !rows.is_empty() {
            self.entries.push(SheetEntry::Table(columns.iter().map(|name| name.to_uppercase()).collect(), rows));
        }
        self
    }

    /// Returns the text, with a newline at the end of each line.
    pub(crate) fn render(self) -> String {
        let Self { settings, entries } = &self;
        let mut page = String::new();
        let mut fields: Vec<(&str, &Cell)> = Vec::new();
        for entry in entries {
            if let SheetEntry::Field(name, value) = entry {
                fields.push((name, value));
                continue;
            }
            aligned(&mut page, &std::mem::take(&mut fields), settings);
            match entry {
                SheetEntry::Field(..) => {}
                SheetEntry::Line(cell) => {
                    page.push_str(&paint(&cell.text, cell.tone, settings.colour));
                    page.push('\n');
                }
                SheetEntry::Cut(lead, text) => {
                    let room = settings.room().map(|room| room.saturating_sub(width_of(&lead.text)).max(1));
                    let shown = room.map_or_else(|| text.text.clone(), |room| cut(&text.text, room, settings));
                    page.push_str(&paint(&lead.text, lead.tone, settings.colour));
                    page.push_str(&paint(&shown, text.tone, settings.colour));
                    page.push('\n');
                }
                SheetEntry::Table(columns, rows) => page.push_str(&Grid::new(columns.clone()).page(rows.clone(), settings)),
            }
        }
        aligned(&mut page, &fields, settings);
        page
    }
}
