//! Rows under a header, page by page: the first page settles the widths, the header comes once.
//!
//! On a terminal a row keeps within the width: prose is wrapped, data is cut, and the columns for which there is no room
//! are moved below the row. Everything else is printed whole, so that it can be copied. Without a terminal a row is one line.

use crate::cli::output::aligned_fields::aligned;
use crate::cli::output::cell::Cell;
use crate::cli::output::cell::Flow;
use crate::cli::output::cell::Tone;
use crate::cli::output::cell::paint;
use crate::cli::output::fit::cut;
use crate::cli::output::fit::width_of;
use crate::cli::output::fit::wrap;
use crate::cli::output::settings::OutputSettings;

/// Blanks between two columns.
const GAP: usize = 2;
/// Blanks before what is moved below its row.
const INDENT: usize = 4;
/// The widest padding of a column: one long cell does not push those of all other rows to the right.
const WIDEST: usize = 60;
/// The least width of a column whose cells may be cut or wrapped.
const NARROWEST: usize = 16;

/// A table that is drawn page by page.
pub(crate) struct Grid {
    columns: Vec<String>,
    has_header: bool,
    layout: Option<Layout>,
}

/// The widths of the columns that are beside each other; the others are below.
#[derive(Clone)]
struct Layout {
    widths: Vec<usize>,
    right: Vec<bool>,
}

impl Grid {
    pub(crate) fn new(columns: Vec<String>) -> Self {
        Self { columns, has_header: true, layout: None }
    }

    /// Leaves the header out.
    pub(crate) fn without_header(self) -> Self {
        Self { has_header: false, ..self }
    }

    /// Returns one page, with a newline at the end of each line.
    pub(crate) fn page(&mut self, rows: Vec<Vec<Cell>>, settings: &OutputSettings) -> String {
        let settle = |row: Vec<Cell>| row.into_iter().map(|cell| cell.settled(settings)).collect();
        let rows: &[Vec<Cell>] = &rows.into_iter().map(settle).collect::<Vec<_>>();
        let mut page = String::new();
        let room = settings.room();
        let first = self.layout.is_none();
        let layout = self.layout.get_or_insert_with(|| Layout::of(&self.columns, self.has_header, rows, room));
        let mut layout = layout.clone();
        if room.is_none() {
            layout.widen(rows);
        }
        if first && self.has_header && !layout.widths.is_empty() {
            let names = self.columns.iter().zip(&layout.right);
            let names: Vec<_> = names.map(|(name, &right)| Cell { right, ..Cell::new(name).tone(Tone::Strong) }).collect();
            layout.line(&mut page, &names, settings);
        }
        for row in rows {
            let fields = self.columns.iter().map(String::as_str).zip(row);
            if !layout.has_room_for(row, room) {
                if !page.is_empty() || !first {
                    page.push('\n');
                }
                aligned(&mut page, &fields.collect::<Vec<_>>(), settings);
                continue;
            }
            layout.row(&mut page, row, settings);
            if let Some(room) = room {
                let below: Vec<_> = fields.skip(layout.widths.len()).filter(|(_, cell)| !cell.is_none()).collect();
                draw_below(&mut page, &below, room, settings);
            }
        }
        page
    }
}

impl Layout {
    /// Lays the columns out beside each other, from the left, as far as there is room.
    fn of(columns: &[String], has_header: bool, rows: &[Vec<Cell>], room: Option<usize>) -> Self {
        let is_right =
            |at: usize| rows.iter().find_map(|row| row.get(at).filter(|cell| !cell.is_none())).is_some_and(|cell| cell.right);
        let mut layout = Self {
            widths: columns.iter().map(|name| if has_header { width_of(name) } else { 0 }).collect(),
            right: (0..columns.len()).map(is_right).collect(),
        };
        layout.widen(rows);
        let Some(room) = room else { return layout };
        let may_shrink = |at: usize| rows.iter().any(|row| row.get(at).is_some_and(|cell| cell.flow != Flow::Whole));
        let least: Vec<usize> = layout
            .widths
            .iter()
            .enumerate()
            .map(|(at, &width)| if may_shrink(at) { width.min(NARROWEST) } else { width })
            .collect();
        let mut used = 0;
        let fits = least.iter().enumerate().take_while(|&(at, width)| {
            used += width + if at > 0 { GAP } else { 0 };
            used <= room
        });
        let beside = fits.count();
        let mut spare = room.saturating_sub(least[..beside].iter().sum::<usize>() + GAP * beside.saturating_sub(1));
        layout.widths.truncate(beside);
        for (width, least) in layout.widths.iter_mut().zip(least) {
            let more = (*width - least).min(spare);
            *width = least + more;
            spare -= more;
        }
        if let Some(last) = layout.widths.last_mut().filter(|_| beside > 0 && may_shrink(beside - 1)) {
            *last += spare;
        }
        if !rows.iter().any(|row| layout.has_room_for(row, Some(room))) {
            layout.widths.clear();
        }
        layout
    }

    /// Makes the columns as wide as their cells.
    fn widen(&mut self, rows: &[Vec<Cell>]) {
        for row in rows {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = (*width).max(width_of(&cell.text).min(WIDEST));
            }
        }
    }

    /// Returns false for a row that is shown as names and values instead: not even its first column has room, or a cell that
    /// is printed whole is too wide for its column.
    fn has_room_for(&self, row: &[Cell], room: Option<usize>) -> bool {
        let Some(room) = room else { return true };
        let width =
            |(cell, &width): (&Cell, &usize)| if cell.flow == Flow::Whole { width.max(width_of(&cell.text)) } else { width };
        let needed: usize = row.iter().zip(&self.widths).map(width).sum();
        !self.widths.is_empty() && needed + GAP * (self.widths.len() - 1) <= room
    }

    /// Draws the columns of a row that are beside each other.
    fn row(&self, page: &mut String, row: &[Cell], settings: &OutputSettings) {
        let lines: Vec<Vec<String>> = row
            .iter()
            .zip(&self.widths)
            .map(|(cell, &width)| match cell.flow {
                Flow::Prose if settings.room().is_some() => wrap(&cell.text, width),
                _ => vec![cell.text.clone()],
            })
            .collect();
        for nth in 0..lines.iter().map(Vec::len).max().unwrap_or(0) {
            let part =
                |(cell, lines): (&Cell, &Vec<String>)| Cell { text: lines.get(nth).cloned().unwrap_or_default(), ..cell.clone() };
            let cells: Vec<Cell> = row.iter().zip(&lines).map(part).collect();
            self.line(page, &cells, settings);
        }
    }

    /// Draws one line, padded to the widths; no blanks at its end.
    fn line(&self, page: &mut String, cells: &[Cell], settings: &OutputSettings) {
        let (mut owed, mut at) = (0, 0);
        for (cell, &width) in cells.iter().zip(&self.widths) {
            // A cell before this one that is wider than its column leaves less room.
            let text = match (cell.flow, settings.room()) {
                (Flow::Data, Some(room)) => cut(&cell.text, width.min(room.saturating_sub(at + owed)).max(1), settings),
                _ => cell.text.clone(),
            };
            let missing = width.saturating_sub(width_of(&text));
            let (before, after) = if cell.right { (missing, 0) } else { (0, missing) };
            owed += before;
            if !text.is_empty() {
                page.extend(std::iter::repeat_n(' ', owed));
                page.push_str(&paint(&text, cell.tone, settings.colour));
                at += owed + width_of(&text);
                owed = 0;
            }
            owed += after + GAP;
        }
        page.push('\n');
    }
}

/// Draws what is moved below a row, as names and values: as many of them on a line as there is room for.
fn draw_below(page: &mut String, fields: &[(&str, &Cell)], room: usize, settings: &OutputSettings) {
    let room = room.saturating_sub(INDENT).max(NARROWEST);
    let mut at = 0;
    for (name, cell) in fields {
        let name = format!("{}: ", name.to_lowercase());
        let left = room.saturating_sub(width_of(&name)).max(NARROWEST);
        let lines = match cell.flow {
            Flow::Whole => vec![cell.text.clone()],
            Flow::Data => vec![cut(&cell.text, left, settings)],
            Flow::Prose => wrap(&cell.text, left),
        };
        let width = width_of(&name) + lines.iter().map(|line| width_of(line)).max().unwrap_or(0);
        if at > 0 && (lines.len() > 1 || at + GAP + width > room) {
            page.push('\n');
            at = 0;
        }
        for (nth, line) in lines.iter().enumerate() {
            let blanks = match (nth, at) {
                (0, 0) => INDENT,
                (0, _) => GAP,
                _ => INDENT + width_of(&name),
            };
            page.extend(std::iter::repeat_n(' ', blanks));
            if nth == 0 {
                page.push_str(&paint(&name, Tone::Dim, settings.colour));
            }
            page.push_str(&paint(line, cell.tone, settings.colour));
            if nth + 1 < lines.len() {
                page.push('\n');
            }
        }
        at += if at > 0 { GAP } else { 0 } + width;
    }
    if !fields.is_empty() {
        page.push('\n');
    }
}
