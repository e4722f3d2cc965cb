//! The page of one version: the slider, the state with what changed, and the event.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::text::Span;

use crate::cli::output::Tone;
use crate::cli::ui::model::Mark;
use crate::cli::ui::model::Pane;
use crate::cli::ui::model::StateLine;
use crate::cli::ui::model::VersionPage;
use crate::cli::ui::view::Theme;
use crate::cli::ui::view::table::rows_of;
use crate::cli::ui::view::table::sentence;
use crate::cli::ui::view::text::cut;
use crate::cli::ui::view::text::seconds;

/// Columns from which there is room for both panes.
const ROOM_FOR_BOTH: u16 = 72;

/// Draws the slider, the event in a line, and what there is room for below.
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

/// `5 of 17 ━━━●──────────`
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
    let seen = usize::from(area.height.saturating_sub(1));
    let place = if lines.len() > seen {
        format!(" {}-{}/{}", top + 1, (top + seen).min(lines.len()), lines.len())
    } else {
        String::new()
    };
    let width = usize::from(area.width).saturating_sub(1);
    let tone = if chosen { Tone::Strong } else { Tone::Dim };
    frame.render_widget(Line::styled(cut(&format!("{title}{place}"), width, theme), theme.tone(tone)), head);
    if let (Pane::State, Some(why)) = (pane, &shown.report.unreadable) {
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        return unreadable(frame, below, why, theme);
    }
    for (line, row) in lines.iter().skip(top).zip(rows) {
        frame.render_widget(state_line(line, width, pane, theme), row);
    }
}

/// Why there is no state, in as many rows as it takes.
fn unreadable(frame: &mut Frame<'_>, area: Rect, why: &str, theme: Theme) {
    let width = usize::from(area.width).saturating_sub(1).max(1);
    let safe: Vec<char> = cut(why, width * usize::from(area.height), theme).chars().collect();
    for (part, row) in safe.chunks(width).zip(rows_of(area)) {
        sentence(frame, row, &part.iter().collect::<String>(), theme);
    }
}

fn state_line(line: &StateLine, width: usize, pane: Pane, theme: Theme) -> Line<'static> {
    let (sign, tone) = match line.mark {
        Mark::Same => ("  ", Tone::Plain),
        Mark::Added => ("+ ", Tone::Good),
        Mark::Changed => ("~ ", Tone::Warn),
        Mark::Removed => ("- ", Tone::Bad),
    };
    let sign = if pane == Pane::Event { "" } else { sign };
    let text = cut(&line.text, width.saturating_sub(sign.len()), theme);
    let used = Span::raw(text.as_str()).width() + sign.len();
    let mut spans = vec![Span::styled(sign, theme.tone(tone)), Span::styled(text, theme.tone(tone))];
    if let Some(was) = &line.was {
        spans.push(Span::styled(cut(&format!("  was {was}"), width.saturating_sub(used), theme), theme.tone(Tone::Dim)));
    }
    Line::from(spans)
}
