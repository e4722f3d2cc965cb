//! Draws the help on all keys over the page.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::text::Span;
use ratatui::widgets::Block;
use ratatui::widgets::Clear;

use crate::cli::output::Tone;
use crate::cli::ui::view::table::rows_of;
use crate::cli::ui::view::theme::Theme;

/// The keys and their effects, the most frequent first.
const KEYS: [(&str, &str); 13] = [
    ("q, Ctrl-C", "leave"),
    ("Esc", "back, or leave"),
    ("1 2 3, Tab", "to another first page"),
    ("Enter", "open a stream, a version"),
    ("/", "streams that start so"),
    ("left right", "a version back, forth"),
    ("PgUp PgDn", "a page; ten versions"),
    ("Home End", "first, last; again: more"),
    ("up down", "move; scroll"),
    ("e", "state or event"),
    ("space", "a page down"),
    ("h j k l g G", "as arrows, Home, End"),
    ("+ ~ -", "added, changed, removed"),
];

/// The width of the widest line with its frame.
const WIDTH: u16 = 40;

/// Draws the help in the middle of an area, from row `top` on.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, top: u16, theme: Theme) {
    let width = WIDTH.min(area.width);
    let height = (KEYS.len() as u16 + 2).min(area.height);
    let middle = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let block = Block::bordered().border_set(theme.border()).title(" Keys ");
    let inner = block.inner(middle);
    frame.render_widget(Clear, middle);
    frame.render_widget(block, middle);
    let top = usize::from(top).min(KEYS.len().saturating_sub(usize::from(inner.height)));
    for ((keys, what), row) in KEYS.iter().skip(top).zip(rows_of(inner)) {
        let line =
            Line::from_iter([Span::styled(format!(" {keys:<12}"), theme.tone(Tone::Strong)), Span::raw(format!(" {what}"))]);
        frame.render_widget(line, row);
    }
}
