//! The rows of the current batches.

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
use crate::runtime::projector::Projector;
use crate::store::MAX_ROW_BYTES;
use crate::store::ReadModel;

/// Rows kept in memory between batches, so that a busy row is not read again for each.
const MAX_ROWS_HELD: usize = 20_000;

/// Rows of the current batches.
pub(super) struct Rows {
    held: HashMap<String, HeldRow>,
    /// Whether a key that is not held has no row at all: all rows since the beginning are held.
    complete: bool,
    /// How many of them have changed since they were last written.
    changes: usize,
    /// Whether a row is looked at after each event, so that none grows too large. It costs much.
    weighed: bool,
}

/// Rows that are in memory only, by key.
pub(in crate::runtime) type FoldedRows = BTreeMap<String, Box<dyn Fold>>;

struct HeldRow {
    fold: Box<dyn Fold>,
    /// Whether there is such a row: some event went into it.
    exists: bool,
    changed: bool,
}

impl Projector<'_> {
    /// The key of the row an event goes to, if the projection wants it.
    pub(super) fn key<'e>(&self, event: &EventView<'e>) -> Option<Cow<'e, str>> {
        let wanted = self.categories.is_empty() || self.categories.iter().any(|category| category == event.category());
        if wanted { self.projection.key(event) } else { None }
    }
}

impl Rows {
    /// None yet; `all`: there are none in the read model either; `weighed`: an event that makes a row too large fails.
    pub(super) fn new(all: bool, weighed: bool) -> Self {
        Self { held: HashMap::new(), complete: all, changes: 0, weighed }
    }

    /// Makes sure that the row of each event of a chunk is held; whether the read model was asked for any.
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

    /// Folds an event into its row, which is held; after an error the row is as it was.
    pub(super) fn apply(&mut self, key: &str, event: &EventView<'_>) -> Result<(), RuntimeError> {
        if let Some(row) = self.held.get_mut(key) {
            // An event that is left out makes no row.
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

    /// Whether rows are looked at after each event from now on.
    pub(super) fn weigh(&mut self, weighed: bool) {
        self.weighed = weighed;
    }

    /// The rows that have changed, where none was written. `None`: one is too large.
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

    /// How many rows have changed since they were last written.
    pub(super) fn changes(&self) -> usize {
        self.changes
    }

    /// The rows that changed since the last time, in the order of their keys: so pages of a table are written once. `None`:
    /// one is too large; what is held is then of no use.
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
