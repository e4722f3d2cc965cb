//! Text for the screen: safe, and cut or wrapped to its width.

use ratatui::text::Span;

use crate::cli::output::Cell;
use crate::cli::ui::view::theme::Theme;
use crate::event::Timestamp;

/// Returns a text with unsafe characters as visible escapes.
pub(super) fn safe(text: &str) -> String {
    Cell::new(text).as_str().to_owned()
}

/// Returns a safe text in a number of columns. A cut is marked.
pub(super) fn cut(text: &str, width: usize, theme: Theme) -> String {
    // Only the part of a long text that can be visible is processed.
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

/// Returns a safe text in rows of a number of columns. The last row is marked if text is missing.
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

/// Returns a moment in UTC, to the second, without the letters.
pub(super) fn seconds(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..19).map_or_else(|| text.clone(), |text| text.replace('T', " "))
}
