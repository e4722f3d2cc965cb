//! The rows of a run: those of the current batch, or all rows of a build.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::aggregate::Fold;
use crate::aggregate::FoldError;
use crate::event::EventView;
use crate::runtime::error::RuntimeError;
use crate::runtime::load::apply;
use crate::runtime::load::failed;
use crate::runtime::projector::runner::Projector;
use crate::runtime::spilling_map::AllStates;
use crate::runtime::spilling_map::Spill;
use crate::runtime::spilling_map::SpillingMap;
use crate::store::MAX_ROW_BYTES;
use crate::store::ReadModel;

/// Maximum number of rows that are kept between batches, so that a busy row is not read for each.
const MAX_ROWS_HELD: usize = 20_000;

/// The rows of a run.
pub(super) struct Rows {
    rows: SpillingMap<HeldRow>,
    /// Set if a changed row was moved out of memory since the last write.
    moved_changes: bool,
    /// Set if all rows since the first event are here, so that a missing key has no row.
    complete: bool,
    /// Number of rows that have changed since the last write.
    changes: usize,
    /// Set if the size of a row is checked after each event. This is slow.
    weighed: bool,
}

/// Rows in memory, by key.
pub(in crate::runtime) type FoldedRows = BTreeMap<String, Box<dyn Fold>>;

/// An error of the rows of a run.
pub(super) enum FoldRowsError {
    /// A row is too large for the store.
    Oversized,
    /// Any other error.
    Failed(RuntimeError),
}

impl<E: Into<RuntimeError>> From<E> for FoldRowsError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

struct HeldRow {
    fold: Box<dyn Fold>,
    /// True if the row exists: an event was applied to it.
    exists: bool,
    changed: bool,
}

impl HeldRow {
    fn text(&self) -> Result<String, FoldRowsError> {
        let text = self.fold.save().map_err(RuntimeError::State)?;
        if text.len() > MAX_ROW_BYTES { Err(FoldRowsError::Oversized) } else { Ok(text) }
    }
}

impl Spill for HeldRow {
    type Error = FoldRowsError;

    fn save(&self) -> Result<Option<String>, FoldRowsError> {
        self.exists.then(|| self.text()).transpose()
    }
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
        Self { rows: SpillingMap::new(), moved_changes: false, complete: all, changes: 0, weighed }
    }

    /// Takes stored rows as the first ones. None of them has changed.
    pub(super) fn preload(&mut self, rows: &[(String, String)]) -> Result<(), RuntimeError> {
        Ok(self.rows.put(rows)?)
    }

    /// Sets that no row is missing.
    pub(super) fn set_complete(&mut self) {
        self.complete = true;
    }

    /// Loads the rows of these keys. Returns true if the read model was read.
    pub(super) async fn hold(
        &mut self,
        projector: &Projector<'_>,
        model: &ReadModel,
        keys: &[Option<Cow<'_, str>>],
    ) -> Result<bool, RuntimeError> {
        let mut unknown = Vec::new();
        for key in keys.iter().flatten() {
            if self.rows.held().contains_key(&**key) {
                continue;
            }
            let mut row = HeldRow { fold: projector.projection.row(key), exists: false, changed: false };
            if let Some(text) = self.rows.spilled(key)? {
                row.fold.restore(&text).map_err(RuntimeError::State)?;
                row.exists = true;
            } else if !self.complete {
                unknown.push(key.clone().into_owned());
            }
            self.rows.insert(key.clone().into_owned(), row);
        }
        if unknown.is_empty() {
            return Ok(false);
        }
        let found = projector.store.rows(model.clone(), unknown.clone()).await?;
        for (key, row) in unknown.iter().zip(found) {
            if let (Some(held), Some(row)) = (self.rows.held_mut().get_mut(key), row) {
                held.fold.restore(&row).map_err(RuntimeError::State)?;
                held.exists = true;
            }
        }
        Ok(true)
    }

    /// Applies an event to its row. After an error the row is unchanged.
    pub(super) fn apply(&mut self, key: &str, event: &EventView<'_>) -> Result<(), RuntimeError> {
        if let Some(row) = self.rows.held_mut().get_mut(key) {
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
            self.rows.grew(event.data.len());
        }
        Ok(())
    }

    /// Sets whether the size of a row is checked after each event.
    pub(super) fn weigh(&mut self, weighed: bool) {
        self.weighed = weighed;
    }

    /// Moves all rows out of memory if they have more than `memory` bytes.
    pub(super) fn bound(&mut self, memory: usize) -> Result<(), FoldRowsError> {
        if self.rows.bound(memory)? {
            self.moved_changes |= self.changes > 0;
        }
        Ok(())
    }

    /// Returns the changed rows.
    pub(super) fn into_changed(self) -> Result<FoldedRows, FoldRowsError> {
        let changed = self.rows.into_held().into_iter().filter(|(_, row)| row.changed);
        changed.map(|(key, row)| row.text().map(|_| (key, row.fold))).collect()
    }

    /// Returns the number of rows that have changed since the last write.
    pub(super) fn changes(&self) -> usize {
        self.changes
    }

    /// Returns true if more than `many` rows have changed since the last write, or if some are no longer in memory. All rows
    /// are then written into an empty table.
    pub(super) fn changed_many(&self, many: usize) -> bool {
        self.complete && (self.moved_changes || self.changes > many)
    }

    /// Returns the rows that have changed since the last write, ordered by key so that each page of a table is written
    /// once. The rows are unusable if one is too large.
    pub(super) fn changed(&mut self) -> Result<Vec<(String, String)>, FoldRowsError> {
        let mut changed = Vec::new();
        for (key, row) in self.rows.held_mut().iter_mut().filter(|(_, row)| row.changed) {
            changed.push((key.clone(), row.text()?));
            row.changed = false;
        }
        changed.sort_unstable();
        self.changes = 0;
        Ok(changed)
    }

    /// Forgets the held rows if there are many. They are read again when they are needed.
    pub(super) fn forget_many(&mut self) {
        if self.rows.held().len() > MAX_ROWS_HELD {
            self.rows.forget();
            self.complete = false;
        }
    }

    /// Begins to read all rows in the order of their keys.
    pub(super) fn all(&mut self) -> Result<AllStates, FoldRowsError> {
        self.rows.all()
    }

    /// Returns the next of all rows; none after the last.
    pub(super) fn next(&mut self, all: &mut AllStates) -> Result<Vec<(String, String)>, FoldRowsError> {
        self.rows.next(all)
    }

    /// Sets that all rows are written.
    pub(super) fn written(&mut self) {
        self.rows.held_mut().values_mut().for_each(|row| row.changed = false);
        (self.changes, self.moved_changes) = (0, false);
    }
}
