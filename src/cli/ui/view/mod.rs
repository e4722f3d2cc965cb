//! Draws the model as a frame. All text from a store passes through `text`.

mod events;
mod help;
mod keys;
mod projections;
mod streams;
mod table;
mod text;
mod theme;
mod version;

pub(super) use theme::Theme;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::text::Span;

use crate::cli::output::Tone;
use crate::cli::ui::model::Model;
use crate::cli::ui::model::ViewerPage;
use crate::cli::ui::view::text::cut;
use crate::cli::ui::view::text::safe;
use crate::cli::ui::view::text::seconds;

/// The smallest usable size in columns and rows.
pub(super) const SMALLEST: (u16, u16) = (40, 10);

/// The width from which the status line shows the time of the last event.
const ROOM_FOR_TIME: usize = 60;

/// The names of the first pages, in their order.
const ROOTS: [&str; 3] = ["Streams", "Events", "Projections"];

/// Draws the screen.
pub(super) fn draw(frame: &mut Frame<'_>, model: &Model, theme: Theme) {
    let area = frame.area();
    let (width, height) = (area.width, area.height);
    if width < SMALLEST.0 || height < SMALLEST.1 {
        return too_small(frame, area);
    }
    let row = |y| Rect { x: 0, y, width, height: 1 };
    frame.render_widget(title(model, theme, width), row(0));
    let body = Rect { x: 0, y: 1, width, height: height - 3 };
    match model.page() {
        ViewerPage::Streams(page) => streams::draw(frame, body, page, theme),
        ViewerPage::Events(page) => events::draw(frame, body, page, theme),
        ViewerPage::Version(page) => version::draw(frame, body, page, theme),
        ViewerPage::Projections(page) => projections::draw(frame, body, page, theme),
    }
    frame.render_widget(status(model, theme, width), row(height - 2));
    frame.render_widget(keys::line(model, theme, width), row(height - 1));
    if let Some(top) = model.help {
        help::draw(frame, body, top, theme);
    }
}

fn too_small(frame: &mut Frame<'_>, area: Rect) {
    let (columns, rows) = SMALLEST;
    let lines =
        [format!("too small: {}x{}", area.width, area.height), format!("{columns}x{rows} is needed"), "q: quit".to_owned()];
    for (y, text) in (0..area.height).zip(lines) {
        frame.render_widget(Line::raw(text), Rect { x: 0, y, width: area.width, height: 1 });
    }
}

/// Returns the title: the first pages, or the path to the visible page.
fn title(model: &Model, theme: Theme, width: u16) -> Line<'static> {
    let (root, opened) = model.path();
    let Some(page) = opened.last() else {
        let tabs = ROOTS.iter().enumerate().map(|(index, name)| {
            let text = format!(" {} {name} ", index + 1);
            if index == root { Span::styled(text, theme.chosen()) } else { Span::raw(text) }
        });
        let tabs = Line::from_iter(tabs);
        let room = usize::from(width).saturating_sub(tabs.width());
        let part = part_of_streams(model.page()).filter(|part| part.width() <= room);
        return Line::from_iter(tabs.spans.into_iter().chain(part));
    };
    let way = match page {
        ViewerPage::Events(page) => page.stream.as_ref().map_or_else(String::new, ToString::to_string),
        ViewerPage::Version(page) => page.stream.to_string(),
        ViewerPage::Streams(_) | ViewerPage::Projections(_) => String::new(),
    };
    let root = Span::raw(format!(" {} {} ", ROOTS[root], theme.then()));
    let left = usize::from(width).saturating_sub(root.width() + 2);
    Line::from_iter([root, Span::styled(format!(" {} ", cut(&way, left.saturating_sub(2), theme)), theme.chosen())])
}

/// Returns the range of the streams on this page, unless it has all streams.
fn part_of_streams(page: &ViewerPage) -> Option<Span<'static>> {
    let ViewerPage::Streams(page) = page else { return None };
    let (before, more) = (page.offset(), page.next.is_some());
    let part = || format!("  {}-{}{}", before + 1, before + page.items.len(), if more { "+" } else { "" });
    (before > 0 || more).then(|| Span::raw(part()))
}

/// Returns the status line: the store, its head, and the current error.
fn status(model: &Model, theme: Theme, width: u16) -> Line<'static> {
    let width = usize::from(width);
    let wrong = match (&model.lost, &model.problem) {
        (Some(lost), _) => Some(format!("no answer, trying again: {lost}")),
        (None, Some(problem)) => Some(problem.clone()),
        // A slow answer is reported after this time only.
        (None, None) if model.silent_ticks > 3 => Some(format!("waiting for the store for {} s", model.silent_ticks / 2)),
        (None, None) => None,
    };
    if let Some(wrong) = wrong {
        return Line::styled(cut(&format!("! {wrong}"), width, theme), theme.tone(Tone::Bad));
    }
    let head = &model.head;
    let at = head.recorded_at.filter(|_| width >= ROOM_FOR_TIME);
    let at = at.map_or_else(String::new, |at| format!(", {} UTC", seconds(at)));
    let right = format!("head {}{at}", head.position);
    let left = format!("{} {}", head.kind, safe(&head.store));
    let room = width.saturating_sub(right.len() + 2);
    let left = cut(&left, room, theme);
    let gap = width.saturating_sub(Span::raw(left.as_str()).width() + right.len());
    Line::styled(format!("{left}{}{right}", " ".repeat(gap)), theme.tone(Tone::Dim))
}
