//! A place in a list, and the part of the list that is seen.

use crate::cli::output::Key;

/// A place in a list of so many items, from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::cli::ui) struct Cursor {
    /// The item that is chosen.
    pub(in crate::cli::ui) at: u64,
    /// The first item that is seen.
    pub(in crate::cli::ui) top: u64,
}

impl Cursor {
    /// Where a key leads in a list of so many items; none: it is no key of lists. It may lead out of the list.
    pub(super) fn moved(self, key: Key, items: u64, rows: u64) -> Option<i64> {
        let at = self.at.cast_signed();
        let page = rows.max(1).cast_signed();
        Some(match key {
            Key::Up | Key::Char('k') => at - 1,
            Key::Down | Key::Char('j') => at + 1,
            Key::PageUp => at - page,
            Key::PageDown | Key::Char(' ') => at + page,
            Key::Home | Key::Char('g') => 0,
            Key::End | Key::Char('G') => items.cast_signed() - 1,
            _ => return None,
        })
    }

    /// To a place, or the nearest there is.
    pub(super) fn go(&mut self, to: i64, items: u64) {
        self.at = to.clamp(0, items.saturating_sub(1).cast_signed()).unsigned_abs();
    }

    /// Brings the chosen item into sight, and fills the screen.
    pub(super) fn fit(&mut self, items: u64, rows: u64) {
        let rows = rows.max(1);
        self.at = self.at.min(items.saturating_sub(1));
        self.top = self.top.clamp(self.at.saturating_sub(rows - 1), self.at).min(items.saturating_sub(rows));
    }
}
