//! The page of events, of a stream or of all.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::cli::output::Tone;
use crate::cli::ui::model::Events;
use crate::cli::ui::view::Theme;
use crate::cli::ui::view::table::Column;
use crate::cli::ui::view::table::Table;
use crate::cli::ui::view::table::rows_of;
use crate::cli::ui::view::table::sentence;
use crate::cli::ui::view::text::seconds;
use crate::ops::browse::EventLine;

const OF_STREAM: [Column; 4] = [
    Column::number("VERSION", 9, 0),
    Column::text("TIME (UTC)", 19, 2),
    Column::text("TYPE", 20, 0),
    Column::text("DATA", 12, 3).growing(),
];

const OF_ALL: [Column; 5] = [
    Column::number("POSITION", 9, 0),
    Column::text("TIME (UTC)", 19, 2),
    Column::text("STREAM", 18, 0),
    Column::text("TYPE", 20, 1),
    Column::text("DATA", 16, 3).growing(),
];

/// The same where each of them must be short.
const OF_ALL_NARROW: [Column; 5] = [
    Column::number("POSITION", 9, 0),
    Column::text("TIME (UTC)", 19, 2),
    Column::text("STREAM", 14, 0),
    Column::text("TYPE", 13, 1),
    Column::text("DATA", 16, 3),
];

/// Columns of the screen from which they need not.
const WIDE: u16 = 72;

/// Draws the list.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, page: &Events, theme: Theme) {
    let columns: &[Column] = match &page.stream {
        Some(_) => &OF_STREAM,
        None if area.width < WIDE => &OF_ALL_NARROW,
        None => &OF_ALL,
    };
    let table = Table::new(columns, area.width, theme);
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
            // It is on its way.
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
