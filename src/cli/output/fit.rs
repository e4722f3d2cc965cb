//! Text in the columns of a terminal: its width, cut, wrapped.

use crate::cli::output::settings::OutputSettings;

/// Returns the columns that a text takes.
pub(super) fn width_of(text: &str) -> usize {
    console::measure_text_width(text)
}

/// Returns a text of at most this width; what is cut off is marked.
pub(super) fn cut(text: &str, width: usize, settings: &OutputSettings) -> String {
    // No more than can be shown is measured: a cell may hold a megabyte.
    let end = text.char_indices().nth(width.saturating_mul(4)).map_or(text.len(), |(end, _)| end);
    console::truncate_str(&text[..end], width, if settings.unicode { "…" } else { "..." }).into_owned()
}

/// Returns the lines of a text that is wrapped between words. A longer word is not broken.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let options = textwrap::Options::new(width)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(text, options).into_iter().map(|line| line.into_owned()).collect()
}
