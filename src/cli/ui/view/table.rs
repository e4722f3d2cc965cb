//! Draws lists: columns that fit, a head, and rows of which one is selected.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::text::Span;

use crate::cli::output::Tone;
use crate::cli::ui::view::text::cut;
use crate::cli::ui::view::theme::Theme;

/// The spaces between two columns.
const GAP: usize = 2;

/// A column of a list.
pub(super) struct TableColumn {
    pub(super) title: &'static str,
    /// The width in characters; the minimum width if the column grows.
    pub(super) width: usize,
    pub(super) right: bool,
    /// The rank when there is no room for all columns; the lowest rank is kept longest.
    pub(super) rank: u8,
    /// True if the column takes the spare room.
    pub(super) grows: bool,
}

impl TableColumn {
    pub(super) const fn text(title: &'static str, width: usize, rank: u8) -> Self {
        Self { title, width, right: false, rank, grows: false }
    }

    pub(super) const fn number(title: &'static str, width: usize, rank: u8) -> Self {
        Self { right: true, ..Self::text(title, width, rank) }
    }

    pub(super) const fn growing(self) -> Self {
        Self { grows: true, ..self }
    }
}

/// A list on the screen.
pub(super) struct ScreenTable<'c> {
    columns: Vec<(usize, usize, &'c TableColumn)>,
    width: usize,
    theme: Theme,
}

impl<'c> ScreenTable<'c> {
    /// Chooses the columns that fit, each with its index and its width.
    pub(super) fn new(columns: &'c [TableColumn], width: u16, theme: Theme) -> Self {
        let width = usize::from(width);
        let mut by_rank: Vec<usize> = (0..columns.len()).collect();
        by_rank.sort_by_key(|index| columns[*index].rank);
        let (mut shown, mut used) = (Vec::new(), 0);
        for index in by_rank {
            let gap = if shown.is_empty() { 0 } else { GAP };
            if used + gap + columns[index].width > width {
                break;
            }
            used += gap + columns[index].width;
            shown.push(index);
        }
        shown.sort_unstable();
        let mut fitted: Vec<_> = shown.into_iter().map(|index| (index, columns[index].width, &columns[index])).collect();
        // If the growing column does not fit, the most important text column grows.
        let use_of_room = |(.., column): &&mut (usize, usize, &TableColumn)| (!column.grows, column.right, column.rank);
        if let Some((_, growing, _)) = fitted.iter_mut().min_by_key(use_of_room) {
            *growing += width.saturating_sub(used);
        }
        Self { columns: fitted, width, theme }
    }

    /// Draws the titles of the columns.
    pub(super) fn head(&self, frame: &mut Frame<'_>, area: Rect) {
        let cells = self.columns.iter().map(|(_, width, column)| (self.padded(column.title, *width, column.right), Style::new()));
        self.render(frame, area, cells.collect(), self.theme.tone(Tone::Strong));
    }

    /// Draws a row. Its cells are in the order of all columns, including hidden ones.
    pub(super) fn row(&self, frame: &mut Frame<'_>, area: Rect, cells: &[(String, Tone)], chosen: bool) {
        let style = if chosen { self.theme.chosen() } else { Style::new() };
        let cells = self.columns.iter().map(|(index, width, column)| {
            let (text, tone) = &cells[*index];
            (self.padded(text, *width, column.right), self.theme.tone(*tone))
        });
        self.render(frame, area, cells.collect(), style);
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, cells: Vec<(String, Style)>, style: Style) {
        let mut spans = Vec::with_capacity(cells.len() * 2);
        for (text, style) in cells {
            if !spans.is_empty() {
                spans.push(Span::raw(" ".repeat(GAP)));
            }
            spans.push(Span::styled(text, style));
        }
        let used: usize = spans.iter().map(Span::width).sum();
        spans.push(Span::raw(" ".repeat(self.width.saturating_sub(used))));
        frame.render_widget(Line::from(spans).style(style), area);
    }

    fn padded(&self, text: &str, width: usize, right: bool) -> String {
        let text = cut(text, width, self.theme);
        let blanks = " ".repeat(width.saturating_sub(Span::raw(text.as_str()).width()));
        if right { blanks + &text } else { text + &blanks }
    }
}

/// Returns the rows of an area, from the top.
pub(super) fn rows_of(area: Rect) -> impl ExactSizeIterator<Item = Rect> {
    (area.y..area.bottom()).map(move |y| Rect { y, height: 1, ..area })
}

/// Draws a sentence in place of a list.
pub(super) fn sentence(frame: &mut Frame<'_>, area: Rect, text: &str, theme: Theme) {
    if let Some(row) = rows_of(area).next() {
        frame.render_widget(Line::styled(cut(text, usize::from(area.width), theme), theme.tone(Tone::Dim)), row);
    }
}
