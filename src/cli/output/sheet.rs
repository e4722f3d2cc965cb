//! A single report for people: fields under one another, lines, headings, small tables.

use crate::cli::output::cell::Cell;
use crate::cli::output::cell::Tone;
use crate::cli::output::cell::paint;
use crate::cli::output::grid::Grid;
use crate::cli::output::settings::Settings;
use crate::event::escape_unsafe;

/// What a report looks like in table format.
#[derive(Debug, Default)]
pub struct Sheet {
    entries: Vec<Entry>,
}

#[derive(Debug)]
enum Entry {
    Field(String, Cell),
    Line(Cell),
    Table(Vec<String>, Vec<Vec<Cell>>),
}

impl Sheet {
    /// A name and its value; fields in a row are aligned.
    pub fn field(&mut self, name: &str, value: impl Into<Cell>) -> &mut Self {
        let value = Cell { right: false, ..value.into() };
        self.entries.push(Entry::Field(escape_unsafe(name).into_owned(), value));
        self
    }

    /// A line of its own.
    pub fn line(&mut self, text: impl Into<Cell>) -> &mut Self {
        self.entries.push(Entry::Line(text.into()));
        self
    }

    /// An empty line.
    pub fn blank(&mut self) -> &mut Self {
        self.line("")
    }

    /// A line that stands out, after an empty one unless it is the first.
    pub fn heading(&mut self, text: &str) -> &mut Self {
        if !self.entries.is_empty() {
            self.blank();
        }
        self.line(Cell::new(text).tone(Tone::Strong))
    }

    /// A text of several lines, each made safe.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for line in text.lines() {
            self.line(line);
        }
        self
    }

    /// A small table; nothing at all where it has no rows.
    pub fn table(&mut self, columns: &[&str], rows: Vec<Vec<Cell>>) -> &mut Self {
        if !rows.is_empty() {
            self.entries.push(Entry::Table(columns.iter().map(|name| name.to_uppercase()).collect(), rows));
        }
        self
    }

    /// The text, with a newline at the end of each line.
    pub(crate) fn render(&self, settings: &Settings) -> String {
        let mut page = String::new();
        let mut fields: Vec<(&str, &Cell)> = Vec::new();
        for entry in &self.entries {
            if let Entry::Field(name, value) = entry {
                fields.push((name, value));
                continue;
            }
            aligned(&mut page, &std::mem::take(&mut fields), settings);
            match entry {
                Entry::Field(..) => {}
                Entry::Line(cell) => {
                    page.push_str(&paint(&cell.text, cell.tone, settings.colour));
                    page.push('\n');
                }
                Entry::Table(columns, rows) => page.push_str(&Grid::new(columns.clone()).page(rows, settings)),
            }
        }
        aligned(&mut page, &fields, settings);
        page
    }
}

/// Names and values under one another; values never wrapped, so that they can be copied.
pub(crate) fn aligned(page: &mut String, fields: &[(&str, &Cell)], settings: &Settings) {
    let widest = fields.iter().map(|(name, _)| console::measure_text_width(name)).max().unwrap_or(0);
    for (name, value) in fields {
        let blanks = widest - console::measure_text_width(name) + 2;
        page.push_str(&paint(&format!("{name}:"), Tone::Strong, settings.colour));
        if !value.text.is_empty() {
            page.extend(std::iter::repeat_n(' ', blanks));
            page.push_str(&paint(&value.text, value.tone, settings.colour));
        }
        page.push('\n');
    }
}
