//! Rows under a header, page by page. The first page sets the widths, and the header comes once.
//!
//! On a terminal comfy-table wraps cells to its width. Elsewhere nothing is cut or wrapped, and rows are padded here: comfy-table
//! counts widths in 16 bits, and a cell may hold a megabyte.

use comfy_table::Attribute;
use comfy_table::Cell as Drawn;
use comfy_table::CellAlignment;
use comfy_table::Color;
use comfy_table::ColumnConstraint;
use comfy_table::ContentArrangement;
use comfy_table::Row;
use comfy_table::Table;
use comfy_table::TableStyle;
use comfy_table::Width;

use crate::cli::output::aligned_fields::aligned;
use crate::cli::output::cell::Cell;
use crate::cli::output::cell::Tone;
use crate::cli::output::cell::paint;
use crate::cli::output::settings::OutputSettings;

/// The spaces between two columns.
const GAP: u16 = 2;
/// The width of a column below which rows are shown as records.
const NARROWEST: u16 = 8;
/// The width of a cell up to which the columns after it are aligned, without a terminal.
const PADDED: u16 = 200;
/// The maximum number of lines of a row on a terminal.
const TALLEST: usize = 4;

/// A table that is drawn page by page.
pub(crate) struct Grid {
    columns: Vec<String>,
    widths: Option<Vec<u16>>,
    records: bool,
}

impl Grid {
    pub(crate) fn new(columns: Vec<String>) -> Self {
        Self { columns, widths: None, records: false }
    }

    /// Returns a page, with a newline at the end of each line.
    pub(crate) fn page(&mut self, rows: &[Vec<Cell>], settings: &OutputSettings) -> String {
        let first = self.widths.is_none();
        if first {
            let mut widths = self.natural(rows, None);
            let least: u32 = widths.iter().map(|&width| u32::from(width.min(NARROWEST) + GAP)).sum();
            self.records = settings.width.is_some_and(|room| least > u32::from(room) + u32::from(GAP));
            if let Some(room) = settings.width {
                fit(&mut widths, room);
            }
            self.widths = Some(widths);
        }
        match settings.width {
            Some(_) if self.records => self.as_records(rows, first, settings),
            Some(width) => self.as_table(rows, first, width, settings),
            None => self.as_lines(rows, first, settings.colour),
        }
    }

    /// Returns the widths of header and cells, at least those of before.
    fn natural(&self, rows: &[Vec<Cell>], before: Option<&[u16]>) -> Vec<u16> {
        let measure = |text: &str| u16::try_from(console::measure_text_width(text)).unwrap_or(u16::MAX);
        let mut widths = match before {
            Some(before) => before.to_vec(),
            None => self.columns.iter().map(|name| measure(name)).collect(),
        };
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(measure(&cell.text));
            }
        }
        widths
    }

    fn as_table(&self, rows: &[Vec<Cell>], first: bool, width: u16, settings: &OutputSettings) -> String {
        let mut table = Table::new();
        table.load_style(TableStyle::new()).force_no_tty();
        table.set_truncation_indicator(if settings.unicode { "…" } else { "..." });
        if settings.colour {
            table.enforce_styling().style_text_only();
        }
        table.set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
        if first {
            let right = |at: usize| is_right(rows, at);
            let names = self.columns.iter().enumerate();
            table.set_header(Row::from(names.map(|(at, name)| header(name, right(at), settings.colour)).collect::<Vec<_>>()));
        }
        for row in rows {
            let mut drawn = Row::from(row.iter().map(|cell| draw(cell, width, settings.colour)).collect::<Vec<_>>());
            drawn.max_height(TALLEST);
            table.add_row(drawn);
        }
        let last = self.columns.len().saturating_sub(1);
        let widths = self.widths.as_deref().unwrap_or_default();
        for (at, column) in table.column_iter_mut().enumerate() {
            let gap = if at < last { GAP } else { 0 };
            column.set_padding((0, gap));
            if let Some(&width) = widths.get(at) {
                column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width.saturating_add(gap))));
            }
        }
        let mut page = table.trim_fmt();
        page.push('\n');
        page
    }

    fn as_lines(&self, rows: &[Vec<Cell>], first: bool, colour: bool) -> String {
        let widths = self.natural(rows, self.widths.as_deref());
        let mut page = String::new();
        if first {
            let names = self.columns.iter().enumerate();
            let cell = |(at, name): (usize, &String)| Cell { right: is_right(rows, at), ..Cell::new(name).tone(Tone::Strong) };
            line(&mut page, &names.map(cell).collect::<Vec<_>>(), &widths, colour);
        }
        for row in rows {
            line(&mut page, row, &widths, colour);
        }
        page
    }

    fn as_records(&self, rows: &[Vec<Cell>], first: bool, settings: &OutputSettings) -> String {
        let mut page = String::new();
        for (at, row) in rows.iter().enumerate() {
            if at > 0 || !first {
                page.push('\n');
            }
            let fields: Vec<(&str, &Cell)> = self.columns.iter().map(String::as_str).zip(row).collect();
            aligned(&mut page, &fields, settings);
        }
        page
    }
}

/// Returns true if the header of a column is right-aligned, as its numbers are.
fn is_right(rows: &[Vec<Cell>], at: usize) -> bool {
    rows.first().and_then(|row| row.get(at)).is_some_and(|cell| cell.right)
}

/// Adds a row, padded to the widths, without trailing spaces.
fn line(page: &mut String, row: &[Cell], widths: &[u16], colour: bool) {
    let mut owed = 0;
    for (cell, &width) in row.iter().zip(widths) {
        let missing = usize::from(width.min(PADDED)).saturating_sub(console::measure_text_width(&cell.text));
        let (before, after) = if cell.right { (missing, 0) } else { (0, missing) };
        if !cell.text.is_empty() {
            page.extend(std::iter::repeat_n(' ', owed + before));
            page.push_str(&paint(&cell.text, cell.tone, colour));
            owed = 0;
        } else {
            owed += before;
        }
        owed += after + usize::from(GAP);
    }
    page.push('\n');
}

/// Reduces the widest columns until all of them fit, and gives the spare room to the last one.
fn fit(widths: &mut [u16], room: u16) {
    let gaps = usize::from(GAP) * widths.len().saturating_sub(1);
    let room = usize::from(room).saturating_sub(gaps);
    let whole = |cap: u16| widths.iter().map(|&width| usize::from(width.min(cap))).sum::<usize>();
    let cap = (1..=widths.iter().copied().max().unwrap_or(1)).rev().find(|&cap| whole(cap) <= room).unwrap_or(1);
    let spare = room.saturating_sub(whole(cap));
    for width in widths.iter_mut() {
        *width = (*width).min(cap);
    }
    if let Some(last) = widths.last_mut() {
        *last = last.saturating_add(u16::try_from(spare).unwrap_or(u16::MAX));
    }
}

fn header(name: &str, right: bool, colour: bool) -> Drawn {
    let cell = Drawn::new(name).set_alignment(if right { CellAlignment::Right } else { CellAlignment::Left });
    if colour { cell.add_attribute(Attribute::Bold) } else { cell }
}

fn draw(cell: &Cell, room: u16, colour: bool) -> Drawn {
    // More than can be shown, so that it is marked as cut, but not a megabyte to wrap.
    let most = usize::from(room) * (TALLEST + 1) * 4;
    let text = cell.text.char_indices().nth(most).map_or(cell.text.as_str(), |(end, _)| &cell.text[..end]);
    let drawn = Drawn::new(text).set_alignment(if cell.right { CellAlignment::Right } else { CellAlignment::Left });
    match cell.tone {
        _ if !colour => drawn,
        Tone::Plain => drawn,
        Tone::Good => drawn.fg(Color::Green),
        Tone::Warn => drawn.fg(Color::Yellow),
        Tone::Bad => drawn.fg(Color::Red),
        Tone::Dim => drawn.add_attribute(Attribute::Dim),
        Tone::Strong => drawn.add_attribute(Attribute::Bold),
    }
}
