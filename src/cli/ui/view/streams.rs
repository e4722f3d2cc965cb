//! Draws the page of streams.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::cli::output::Tone;
use crate::cli::ui::model::Streams;
use crate::cli::ui::view::table::ScreenTable;
use crate::cli::ui::view::table::TableColumn;
use crate::cli::ui::view::table::rows_of;
use crate::cli::ui::view::table::sentence;
use crate::cli::ui::view::text::cut;
use crate::cli::ui::view::text::seconds;
use crate::cli::ui::view::theme::Theme;

const COLUMNS: [TableColumn; 4] = [
    TableColumn::text("STREAM", 16, 0).growing(),
    TableColumn::number("VERSION", 9, 1),
    TableColumn::number("POSITION", 10, 2),
    TableColumn::text("LAST EVENT (UTC)", 19, 3),
];

/// Draws the list. While a filter is typed, it is in place of the head.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, page: &Streams, theme: Theme) {
    let table = ScreenTable::new(&COLUMNS, area.width, theme);
    let mut rows = rows_of(area);
    let Some(head) = rows.next() else { return };
    if page.typing || !page.filter.is_empty() {
        let knob = if page.typing { "_" } else { "" };
        let text = format!("/{}{knob}", page.filter);
        frame.render_widget(Line::styled(cut(&text, usize::from(area.width), theme), theme.tone(Tone::Strong)), head);
    } else {
        table.head(frame, head);
    }
    if page.items.is_empty() {
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let text = match (page.loaded, page.filter.is_empty()) {
            (false, _) => "reading",
            (true, true) => "no streams",
            (true, false) => "no stream starts like this",
        };
        return sentence(frame, below, text, theme);
    }
    let top = usize::try_from(page.cursor.top).unwrap_or(usize::MAX);
    for ((index, info), row) in page.items.iter().enumerate().skip(top).zip(rows) {
        let cells = [
            (info.stream.clone(), Tone::Plain),
            (info.version.to_string(), Tone::Plain),
            (info.last_position.to_string(), Tone::Plain),
            (seconds(info.last_recorded_at), Tone::Dim),
        ];
        table.row(frame, row, &cells, index as u64 == page.cursor.at);
    }
}
