//! Text that may stand on a screen: safe, and no longer than its place.

use ratatui::text::Span;

use crate::cli::output::Cell;
use crate::cli::ui::view::Theme;
use crate::event::Timestamp;

/// The text with everything visible that could do something to a terminal.
pub(super) fn safe(text: &str) -> String {
    Cell::new(text).as_str().to_owned()
}

/// The same in at most so many columns; where something is missing, that shows.
pub(super) fn cut(text: &str, width: usize, theme: Theme) -> String {
    // However long the text is, no more of it is looked at than could be seen.
    let beginning: String = text.chars().take(width * 2 + 2).collect();
    let safe = safe(&beginning);
    if beginning.len() == text.len() && Span::raw(safe.as_str()).width() <= width {
        return safe;
    }
    let more = theme.more();
    let room = width.saturating_sub(Span::raw(more).width());
    let (mut kept, mut used) = (String::new(), 0);
    for c in safe.chars() {
        used += Span::raw(c.to_string()).width();
        if used > room {
            break;
        }
        kept.push(c);
    }
    if width > 0 { kept + more } else { kept }
}

/// The same in rows of so many columns, and in no more rows than these; the last one shows where more is missing.
pub(super) fn folded(text: &str, width: usize, rows: usize, theme: Theme) -> Vec<String> {
    let beginning: String = text.chars().take((width + 1) * (rows + 1)).collect();
    let cut_short = beginning.len() < text.len();
    let mut parts = vec![String::new()];
    let mut used = 0;
    for c in safe(&beginning).chars() {
        let wide = Span::raw(c.to_string()).width();
        if used + wide > width {
            parts.push(String::new());
            used = 0;
        }
        used += wide;
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    if parts.len() > rows || cut_short {
        parts.truncate(rows);
        if let Some(last) = parts.last_mut() {
            *last = cut(&format!("{last}{}", " ".repeat(width)), width, theme);
        }
    }
    parts
}

/// A moment in UTC, to the second, without the letters.
pub(super) fn seconds(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..19).map_or_else(|| text.clone(), |text| text.replace('T', " "))
}
