//! Draws the page of projections.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::cli::output::Tone;
use crate::cli::projection::state_in_words;
use crate::cli::ui::model::Projections;
use crate::cli::ui::view::table::ScreenTable;
use crate::cli::ui::view::table::TableColumn;
use crate::cli::ui::view::table::rows_of;
use crate::cli::ui::view::table::sentence;
use crate::cli::ui::view::text::seconds;
use crate::cli::ui::view::theme::Theme;
use crate::ops::projections::status::ProjectionStatus;

const COLUMNS: [TableColumn; 7] = [
    TableColumn::text("NAME", 11, 0).growing(),
    TableColumn::text("STATE", 14, 0),
    TableColumn::number("LAG", 8, 1),
    TableColumn::number("SECONDS", 9, 2),
    TableColumn::number("POSITION", 9, 3),
    TableColumn::number("ROWS", 8, 4),
    TableColumn::text("UPDATED (UTC)", 19, 5),
];

/// Draws the list.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, page: &Projections, theme: Theme) {
    let table = ScreenTable::new(&COLUMNS, area.width, theme);
    let mut rows = rows_of(area);
    let Some(head) = rows.next() else { return };
    table.head(frame, head);
    if page.items.is_empty() {
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        return sentence(frame, below, if page.loaded { "no projections" } else { "reading" }, theme);
    }
    let top = usize::try_from(page.cursor.top).unwrap_or(usize::MAX);
    for ((index, status), row) in page.items.iter().enumerate().skip(top).zip(rows) {
        table.row(frame, row, &cells(status), index as u64 == page.cursor.at);
    }
}

fn cells(status: &ProjectionStatus) -> [(String, Tone); 7] {
    let (state, tone) = state_in_words(status);
    [
        (status.name.clone(), Tone::Plain),
        (state, tone),
        (status.lag_events.to_string(), Tone::Plain),
        (format!("{:.1}", status.lag_seconds), Tone::Plain),
        (status.position.to_string(), Tone::Plain),
        (status.rows.to_string(), Tone::Plain),
        (status.updated_at.map_or_else(|| "-".to_owned(), seconds), Tone::Dim),
    ]
}
