//! Names and values under one another.

use crate::cli::output::cell::Cell;
use crate::cli::output::cell::Tone;
use crate::cli::output::cell::paint;
use crate::cli::output::settings::OutputSettings;

/// Adds names and values, aligned. Values are never wrapped, so that they can be copied.
pub(crate) fn aligned(page: &mut String, fields: &[(&str, &Cell)], settings: &OutputSettings) {
    let widest = fields.iter().map(|(name, _)| console::measure_text_width(name)).max().unwrap_or(0);
    for (name, value) in fields {
        let value = (*value).clone().settled(settings);
        let blanks = widest - console::measure_text_width(name) + 2;
        page.push_str(&paint(&format!("{name}:"), Tone::Strong, settings.colour));
        if !value.text.is_empty() {
            page.extend(std::iter::repeat_n(' ', blanks));
            page.push_str(&paint(&value.text, value.tone, settings.colour));
        }
        page.push('\n');
    }
}
