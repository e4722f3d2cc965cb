//! The rows of the current batch.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::HashMap;

use crate::aggregate::Fold;
use crate::aggregate::FoldError;
use crate::event::EventChunk;
use crate::event::EventView;
use crate::runtime::error::RuntimeError;
use crate::runtime::load::apply;
use crate::runtime::load::failed;
use crate::runtime::projector::runner::Projector;
use crate::store::MAX_ROW_BYTES;
use crate::store::ReadModel;

/// Maximum number of rows that are kept between batches, so that a busy row is not read for each.
const MAX_ROWS_HELD: usize = 20_000;

/// The rows of the current batch.
pub(super) struct Rows {
    held: HashMap<String, HeldRow>,
    /// Set if all rows since the first event are held, so that a missing key has no row.
    complete: bool,
    /// Number of rows that have changed since the last write.
    changes: usize,
    /// Set if the size of a row is checked after each event. This is slow.
    weighed: bool,
}

/// Rows in memory, by key.
pub(in crate::runtime) type FoldedRows = BTreeMap<String, Box<dyn Fold>>;

struct HeldRow {
    fold: Box<dyn Fold>,
    /// True if the row exists: an event was applied to it.
    exists: bool,
    changed: bool,
}

impl Projector<'_> {
    /// Returns the key of the row that an event is applied to, if the projection applies it.
    pub(super) fn key<'e>(&self, event: &EventView<'e>) -> Option<Cow<'e, str>> {
        let wanted = self.categories.is_empty() || self.categories.iter().any(|category| category == event.category());
        if wanted { self.projection.key(event) } else { None }
    }
}

impl Rows {
    /// Creates an empty set. `all`: the read model has no rows either. `weighed`: an event that makes a row too large
    /// fails.
    pub(super) fn new(all: bool, weighed: bool) -> Self {
        Self { held: HashMap::new(), complete: all, changes: 0, weighed }
    }

    /// Loads the rows of a chunk's events. Returns true if the read model was read.
    pub(super) async fn hold(
        &mut self,
        projector: &Projector<'_>,
        model: &ReadModel,
        chunk: &EventChunk,
    ) -> Result<bool, RuntimeError> {
        let mut unknown = Vec::new();
        for event in chunk.iter() {
            let Some(key) = projector.key(&event) else { continue };
            if !self.held.contains_key(&*key) {
                let fold = projector.projection.row(&key);
                self.held.insert(key.clone().into_owned(), HeldRow { fold, exists: false, changed: false });
                if !self.complete {
                    unknown.push(key.into_owned());
                }
            }
        }
        if unknown.is_empty() {
            return Ok(false);
        }
        let found = projector.store.rows(model.clone(), unknown.clone()).await?;
        for (key, row) in unknown.iter().zip(found) {
            if let (Some(held), Some(row)) = (self.held.get_mut(key), row) {
                held.fold.restore(&row).map_err(RuntimeError::State)?;
                held.exists = true;
            }
        }
        Ok(true)
    }

    /// Applies an event to its row. After an error the row is unchanged.
    pub(super) fn apply(&mut self, key: &str, event: &EventView<'_>) -> Result<(), RuntimeError> {
        if let Some(row) = self.held.get_mut(key) {
            // An event that is left out creates no row.
            if event.quarantined && !row.exists {
                return Ok(());
            }
            let before = if self.weighed { Some(row.fold.save().map_err(RuntimeError::State)?) } else { None };
            apply(&mut *row.fold, event)?;
            if let Some(before) = before {
                let bytes = row.fold.save().map_err(RuntimeError::State)?.len();
                if bytes > MAX_ROW_BYTES {
                    row.fold.restore(&before).map_err(RuntimeError::State)?;
                    return Err(failed(event, FoldError::RowTooLarge { bytes, limit: MAX_ROW_BYTES }));
                }
            }
            self.changes += usize::from(!row.changed);
            (row.changed, row.exists) = (true, true);
        }
        Ok(())
    }

    /// Sets whether the size of a row is checked after each event.
    pub(super) fn weigh(&mut self, weighed: bool) {
        self.weighed = weighed;
    }

    /// Returns the changed rows; `None` if one is too large.
    pub(super) fn into_changed(self) -> Result<Option<FoldedRows>, RuntimeError> {
        let mut changed = FoldedRows::new();
        for (key, row) in self.held.into_iter().filter(|(_, row)| row.changed) {
            if row.fold.save().map_err(RuntimeError::State)?.len() > MAX_ROW_BYTES {
                return Ok(None);
            }
            changed.insert(key, row.fold);
        }
        Ok(Some(changed))
    }

    /// Returns the number of rows that have changed since the last write.
    pub(super) fn changes(&self) -> usize {
        self.changes
    }

    /// Returns the rows that have changed since the last write, ordered by key so that each page of a table is written
    /// once. `None` if one is too large; the rows are then unusable.
    pub(super) fn changed(&mut self) -> Result<Option<Vec<(String, String)>>, RuntimeError> {
        let mut changed = Vec::new();
        for (key, row) in self.held.iter_mut().filter(|(_, row)| row.changed) {
            let saved = row.fold.save().map_err(RuntimeError::State)?;
            if saved.len() > MAX_ROW_BYTES {
                return Ok(None);
            }
            changed.push((key.clone(), saved));
            row.changed = false;
        }
        changed.sort_unstable();
        self.changes = 0;
        if self.held.len() > MAX_ROWS_HELD {
            self.held.clear();
            self.complete = false;
        }
        Ok(Some(changed))
    }
}
