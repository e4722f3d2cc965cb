//! The page of projections and their progress.

use crate::cli::output::Key;
use crate::cli::ui::model::cursor::Cursor;
use crate::cli::ui::model::key_effect::KeyEffect;
use crate::cli::ui::model::request::PageRequest;
use crate::ops::projections::status::ProjectionStatus;

/// The list of projections.
#[derive(Debug, Default)]
pub(in crate::cli::ui) struct Projections {
    pub(in crate::cli::ui) items: Vec<ProjectionStatus>,
    /// True once the store has answered.
    pub(in crate::cli::ui) loaded: bool,
    pub(in crate::cli::ui) cursor: Cursor,
    fresh: bool,
}

impl Projections {
    pub(super) fn wants(&self) -> Option<PageRequest> {
        (!self.fresh).then_some(PageRequest::Projections)
    }

    pub(super) fn stale(&mut self) {
        self.fresh = false;
    }

    pub(super) fn take(&mut self, items: Vec<ProjectionStatus>) {
        (self.items, self.loaded, self.fresh) = (items, true, true);
    }

    pub(super) fn fit(&mut self, rows: u64) {
        self.cursor.fit(self.items.len() as u64, rows);
    }

    pub(super) fn key(&mut self, key: Key, rows: u64) -> KeyEffect {
        let count = self.items.len() as u64;
        let Some(to) = self.cursor.moved(key, count, rows) else { return KeyEffect::Unknown };
        self.cursor.go(to, count);
        KeyEffect::Stay
    }
}
