//! A position in a list, and the visible part of the list.

use crate::cli::output::Key;

/// A position in a list, from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::cli::ui) struct Cursor {
    /// The selected item.
    pub(in crate::cli::ui) at: u64,
    /// The first visible item.
    pub(in crate::cli::ui) top: u64,
}

impl Cursor {
    /// Returns the item that a key leads to, which may be outside of the list; none if the key does not move the cursor.
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

    /// Moves to an item, or to the nearest one that exists.
    pub(super) fn go(&mut self, to: i64, items: u64) {
        self.at = to.clamp(0, items.saturating_sub(1).cast_signed()).unsigned_abs();
    }

    /// Scrolls to the selected item, and fills the screen.
    pub(super) fn fit(&mut self, items: u64, rows: u64) {
        let rows = rows.max(1);
        self.at = self.at.min(items.saturating_sub(1));
        self.top = self.top.clamp(self.at.saturating_sub(rows - 1), self.at).min(items.saturating_sub(rows));
    }
}
