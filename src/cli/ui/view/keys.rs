//! Draws the line of keys that have a meaning now.

use ratatui::text::Line;
use ratatui::text::Span;

use crate::cli::output::Tone;
use crate::cli::ui::model::Model;
use crate::cli::ui::model::ViewerPage;
use crate::cli::ui::view::theme::Theme;

/// Returns the line at the bottom, the most frequent keys first.
pub(super) fn line(model: &Model, theme: Theme, width: u16) -> Line<'static> {
    let (_, opened) = model.path();
    let arrows = theme.arrows();
    let here: &[(&'static str, &'static str)] = match model.page() {
        _ if model.help.is_some() => &[(theme.up_down(), "scroll"), ("any other", "close")],
        ViewerPage::Streams(page) if page.typing => &[("Enter", "keep"), ("Esc", "clear")],
        ViewerPage::Streams(_) => &[("Enter", "open"), ("/", "filter"), ("Tab", "next page")],
        ViewerPage::Events(_) => &[("Enter", "open"), ("G", "newest"), ("Tab", "next page")],
        ViewerPage::Version(_) => &[(arrows, "version"), ("e", "pane"), (theme.up_down(), "scroll")],
        ViewerPage::Projections(_) => &[("Tab", "next page")],
    };
    let back: &[(&'static str, &'static str)] = if opened.is_empty() || model.help.is_some() { &[] } else { &[("Esc", "back")] };
    let common: &[(&'static str, &'static str)] = match model.page() {
        _ if model.help.is_some() => &[("q", "quit")],
        ViewerPage::Streams(page) if page.typing => &[],
        _ => &[("q", "quit"), ("?", "help")],
    };
    let mut spans = Vec::new();
    let mut used = 0;
    for (key, what) in common.iter().chain(back).chain(here) {
        let pair = [Span::styled(*key, theme.tone(Tone::Strong)), Span::styled(format!(" {what}  "), theme.tone(Tone::Dim))];
        let wide: usize = pair.iter().map(Span::width).sum();
        if used + wide - 2 > usize::from(width) {
            break;
        }
        used += wide;
        spans.extend(pair);
    }
    Line::from(spans)
}
