//! Draws the page of events.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::cli::output::Tone;
use crate::cli::ui::model::Events;
use crate::cli::ui::view::table::ScreenTable;
use crate::cli::ui::view::table::TableColumn;
use crate::cli::ui::view::table::rows_of;
use crate::cli::ui::view::table::sentence;
use crate::cli::ui::view::text::seconds;
use crate::cli::ui::view::theme::Theme;
use crate::ops::browse::EventLine;

const OF_STREAM: [TableColumn; 4] = [
    TableColumn::number("VERSION", 9, 0),
    TableColumn::text("TIME (UTC)", 19, 2),
    TableColumn::text("TYPE", 20, 0),
    TableColumn::text("DATA", 12, 3).growing(),
];

const OF_ALL: [TableColumn; 5] = [
    TableColumn::number("POSITION", 9, 0),
    TableColumn::text("TIME (UTC)", 19, 2),
    TableColumn::text("STREAM", 18, 0),
    TableColumn::text("TYPE", 20, 1),
    TableColumn::text("DATA", 16, 3).growing(),
];

/// The columns for a narrow screen.
const OF_ALL_NARROW: [TableColumn; 5] = [
    TableColumn::number("POSITION", 9, 0),
    TableColumn::text("TIME (UTC)", 19, 2),
    TableColumn::text("STREAM", 14, 0),
    TableColumn::text("TYPE", 13, 1),
    TableColumn::text("DATA", 16, 3),
];

/// The width of a screen from which the columns are not narrow.
const WIDE: u16 = 72;

/// Draws the list.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, page: &Events, theme: Theme) {
    let columns: &[TableColumn] = match &page.stream {
        Some(_) => &OF_STREAM,
        None if area.width < WIDE => &OF_ALL_NARROW,
        None => &OF_ALL,
    };
    let table = ScreenTable::new(columns, area.width, theme);
    let mut rows = rows_of(area);
    let Some(head) = rows.next() else { return };
    table.head(frame, head);
    if page.last == 0 {
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        return sentence(frame, below, if page.loaded { "no events" } else { "reading" }, theme);
    }
    for (place, row) in (page.cursor.top + 1..=page.last).zip(rows) {
        let cells = match page.line(place) {
            Some(line) => cells(line, page.stream.is_none()),
            // The event is being loaded.
            None => {
                let mut cells = vec![(String::new(), Tone::Dim); columns.len()];
                cells[0].0 = place.to_string();
                cells
            }
        };
        table.row(frame, row, &cells, place == page.cursor.at + 1);
    }
}

fn cells(line: &EventLine, of_all: bool) -> Vec<(String, Tone)> {
    let time = (seconds(line.recorded_at), Tone::Dim);
    let what = [(line.event_type.clone(), Tone::Plain), (line.excerpt.clone(), Tone::Dim)];
    if of_all {
        let [event_type, data] = what;
        return vec![(line.position.to_string(), Tone::Plain), time, (line.stream.clone(), Tone::Plain), event_type, data];
    }
    [vec![(line.version.to_string(), Tone::Plain), time], what.into()].concat()
}
