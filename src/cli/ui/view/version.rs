//! Draws the page of a version: the slider, the state with its changes, and the event.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::text::Span;

use crate::cli::output::Tone;
use crate::cli::ui::model::Mark;
use crate::cli::ui::model::Pane;
use crate::cli::ui::model::StateLine;
use crate::cli::ui::model::VersionPage;
use crate::cli::ui::view::table::rows_of;
use crate::cli::ui::view::table::sentence;
use crate::cli::ui::view::text::cut;
use crate::cli::ui::view::text::folded;
use crate::cli::ui::view::text::safe;
use crate::cli::ui::view::text::seconds;
use crate::cli::ui::view::theme::Theme;

/// The width from which there is room for both panes.
const ROOM_FOR_BOTH: u16 = 72;

/// Draws the slider, the event in a line, and the panes that fit below.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, page: &VersionPage, theme: Theme) {
    let mut rows = rows_of(area);
    let (Some(first), Some(second)) = (rows.next(), rows.next()) else { return };
    frame.render_widget(slider(page, area.width, theme), first);
    frame.render_widget(event_line(page, area.width, theme), second);
    let below = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    if area.width < ROOM_FOR_BOTH {
        return pane(frame, below, page, page.pane, theme);
    }
    let left = below.width * 3 / 5;
    pane(frame, Rect { width: left, ..below }, page, Pane::State, theme);
    let event = Rect { x: below.x + left, width: below.width - left, ..below };
    pane(frame, event, page, Pane::Event, theme);
}

/// Returns the slider: `5 of 17 ━━━●──────────`.
fn slider(page: &VersionPage, width: u16, theme: Theme) -> Line<'static> {
    let (passed, ahead, knob) = theme.slider();
    let place = format!("version {} of {} ", page.at, page.last);
    let track = usize::from(width).saturating_sub(place.len() + 1);
    let steps = page.last.saturating_sub(1).max(1);
    let at = (page.at.saturating_sub(1)).min(steps);
    let before = usize::try_from(u128::from(at) * track.saturating_sub(1) as u128 / u128::from(steps)).unwrap_or(0);
    let after = track.saturating_sub(before + 1);
    Line::from_iter([
        Span::styled(place, theme.tone(Tone::Strong)),
        Span::styled(passed.repeat(before), theme.tone(Tone::Good)),
        Span::styled(knob, theme.tone(Tone::Good)),
        Span::styled(ahead.repeat(after), theme.tone(Tone::Dim)),
    ])
}

fn event_line(page: &VersionPage, width: u16, theme: Theme) -> Line<'static> {
    let Some(shown) = page.current() else { return Line::styled("reading", theme.tone(Tone::Dim)) };
    let event = &shown.report.event;
    let text = format!("{}  {} UTC  position {}", event.event_type, seconds(event.recorded_at), event.position);
    Line::raw(cut(&text, usize::from(width), theme))
}

fn pane(frame: &mut Frame<'_>, area: Rect, page: &VersionPage, pane: Pane, theme: Theme) {
    let mut rows = rows_of(area);
    let Some(head) = rows.next() else { return };
    let Some(shown) = &page.shown else { return };
    let chosen = page.pane == pane;
    let (title, lines) = match pane {
        Pane::State => (format!("STATE ({})", shown.report.reducer), &shown.state),
        Pane::Event => ("EVENT".to_owned(), &shown.event),
    };
    let top = if chosen { page.top } else { 0 };
    let width = usize::from(area.width).saturating_sub(1);
    let mut last = top;
    if let (Pane::State, Some(why)) = (pane, &shown.report.unreadable) {
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        unreadable(frame, below, why, theme);
        last = lines.len();
    } else {
        for line in lines.iter().skip(top) {
            let parts = state_line(line, width, rows.len(), pane, theme);
            if parts.is_empty() {
                break;
            }
            for (part, row) in parts.into_iter().zip(&mut rows) {
                frame.render_widget(part, row);
            }
            last += 1;
        }
    }
    let all = top == 0 && last == lines.len();
    let place = if all { String::new() } else { format!(" {}-{last}/{}", top + 1, lines.len()) };
    let tone = if chosen { Tone::Strong } else { Tone::Dim };
    frame.render_widget(Line::styled(cut(&format!("{title}{place}"), width, theme), theme.tone(tone)), head);
}

/// Draws the reason why there is no state, wrapped.
fn unreadable(frame: &mut Frame<'_>, area: Rect, why: &str, theme: Theme) {
    let width = usize::from(area.width).saturating_sub(1).max(1);
    for (part, row) in folded(why, width, usize::from(area.height), theme).iter().zip(rows_of(area)) {
        sentence(frame, row, part, theme);
    }
}

/// Returns a line, wrapped to at most `rows` rows.
fn state_line(line: &StateLine, width: usize, rows: usize, pane: Pane, theme: Theme) -> Vec<Line<'static>> {
    let (sign, tone) = match line.mark {
        Mark::Same => ("  ", Tone::Plain),
        Mark::Added => ("+ ", Tone::Good),
        Mark::Changed => ("~ ", Tone::Warn),
        Mark::Removed => ("- ", Tone::Bad),
    };
    let sign = if pane == Pane::Event { "" } else { sign };
    let room = width.saturating_sub(sign.len()).max(1);
    let was = line.was.as_ref().map_or_else(String::new, |was| format!("  was {was}"));
    let mut text = folded(&line.text, room, rows, theme);
    let last = text.last().map_or(0, |last| Span::raw(last.as_str()).width());
    // The earlier value follows the value if there is room, else it is on the next row.
    let beside = last + Span::raw(was.as_str()).width() <= room;
    let mut below =
        if beside || was.is_empty() { Vec::new() } else { folded(&was, room, rows.saturating_sub(text.len()), theme) };
    let dim = theme.tone(Tone::Dim);
    let mut lines: Vec<Line<'static>> = text
        .drain(..)
        .map(|text| Line::from_iter([Span::styled(sign, theme.tone(tone)), Span::styled(text, theme.tone(tone))]))
        .collect();
    match lines.last_mut() {
        Some(last) if beside && !was.is_empty() => last.push_span(Span::styled(safe(&was), dim)),
        _ => lines
            .extend(below.drain(..).map(|text| Line::from_iter([Span::styled(sign, theme.tone(tone)), Span::styled(text, dim)]))),
    }
    lines
}
