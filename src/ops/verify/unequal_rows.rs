//! All rows of a read model beside what the events make of them. Memory is bounded: rows that do not fit are in a temporary file.

use crate::aggregate::Fold;
use crate::aggregate::Projection;
use crate::event::EventView;
use crate::event::Position;
use crate::ops::changes::changes;
use crate::ops::error::OpsError;
use crate::ops::pages::Pages;
use crate::ops::verify::projection_rows::NO_KEY;
use crate::ops::verify::row_fold::LeftOutEvents;
use crate::runtime::AllStates;
use crate::runtime::RuntimeError;
use crate::runtime::Spill;
use crate::runtime::SpillingMap;
use crate::runtime::apply;
use crate::store::ReadQuery;
use crate::store::RowQuery;
use crate::store::Store;

/// The memory for rows, in bytes.
const MEMORY: usize = 64 << 20;

/// The rows of a read model that are not as the events up to a position make them. Some may be of a later position.
pub(super) struct UnequalRows {
    /// The number of all rows.
    pub(super) rows: u64,
    /// The keys of these rows, ascending.
    pub(super) keys: Vec<String>,
}

/// A row that the events make.
struct ExpectedRow {
    fold: Box<dyn Fold>,
    /// True if an event was applied.
    exists: bool,
    /// True if an event failed to apply. The row is then equal to none.
    failed: bool,
}

/// The text of a row to which an event failed to apply. No row has it, since each is JSON.
const FAILED: &str = "";

impl Spill for ExpectedRow {
    type Error = OpsError;

    fn save(&self) -> Result<Option<String>, OpsError> {
        if self.failed {
            return Ok(Some(FAILED.to_owned()));
        }
        Ok(self.exists.then(|| self.fold.save()).transpose().map_err(RuntimeError::State)?)
    }
}

impl ExpectedRow {
    fn restore(projection: &dyn Projection, key: &str, saved: Option<&str>) -> Result<Self, OpsError> {
        let mut row = Self { fold: projection.row(key), exists: saved.is_some(), failed: saved == Some(FAILED) };
        if let Some(saved) = saved.filter(|saved| *saved != FAILED) {
            row.fold.restore(saved).map_err(RuntimeError::State)?;
        }
        Ok(row)
    }

    fn apply(&mut self, event: &EventView<'_>) {
        // A quarantined event makes no row.
        if event.quarantined && !self.exists {
            return;
        }
        self.failed |= apply(&mut *self.fold, event).is_err();
        self.exists = true;
    }
}

/// Compares all rows of a read model with what the events up to a position make, but for those that were left out. `progress` gets
/// the number of positions that were passed.
pub(super) async fn unequal_rows(
    store: &Store,
    projection: &dyn Projection,
    to: Position,
    left_out: &LeftOutEvents,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<UnequalRows, OpsError> {
    let mut expected = ExpectedRows::fold(store, projection, to, left_out, progress).await?;
    let mut kept = Pages::of(store, RowQuery { name: projection.name().to_owned(), ..RowQuery::default() });
    let mut found = UnequalRows { rows: 0, keys: Vec::new() };
    let (mut left, mut right) = (expected.next()?, kept.next().await?);
    loop {
        let key = match (&left, &right) {
            (None, None) => return Ok(found),
            (Some((key, _)), None) | (None, Some((key, _))) => key.clone(),
            (Some((left, _)), Some((right, _))) => left.min(right).clone(),
        };
        let made = left.take_if(|(of, _)| *of == key).map(|(_, text)| text);
        let stored = right.take_if(|(of, _)| *of == key).map(|(_, text)| text);
        found.rows += 1;
        let is_equal = made.as_ref().zip(stored.as_ref()).is_some_and(|(made, stored)| made == stored || are_equal(made, stored));
        if !is_equal {
            found.keys.push(key);
        }
        if made.is_some() {
            left = expected.next()?;
        }
        if stored.is_some() {
            right = kept.next().await?;
        }
    }
}

/// Returns true if two texts are the same JSON.
fn are_equal(made: &str, stored: &str) -> bool {
    match (serde_json::from_str(made), serde_json::from_str(stored)) {
        (Ok(made), Ok(stored)) => changes(&made, &stored).is_empty(),
        _ => false,
    }
}

/// The rows that the events make, in the order of their keys.
struct ExpectedRows {
    rows: SpillingMap<ExpectedRow>,
    all: AllStates,
    part: std::vec::IntoIter<(String, String)>,
}

impl ExpectedRows {
    async fn fold(
        store: &Store,
        projection: &dyn Projection,
        to: Position,
        left_out: &LeftOutEvents,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Self, OpsError> {
        let (mut rows, mut reached): (SpillingMap<ExpectedRow>, u64) = (SpillingMap::new(), 0);
        let mut scan = store.scan(ReadQuery::all().categories(projection.categories()).to(to.0));
        while let Some(chunk) = scan.next().await? {
            for event in chunk.iter() {
                let Some(key) = projection.key(&event).filter(|key| key != NO_KEY) else { continue };
                if left_out.reason(&event).is_some() {
                    continue;
                }
                if !rows.held().contains_key(&*key) {
                    let row = ExpectedRow::restore(projection, &key, rows.spilled(&key)?.as_deref())?;
                    rows.insert(key.clone().into_owned(), row);
                }
                if let Some(row) = rows.held_mut().get_mut(&*key) {
                    row.apply(&event);
                }
                rows.grew(event.data.len());
            }
            rows.bound(MEMORY)?;
            if let Some(last) = chunk.last() {
                progress(last.position.0 - reached);
                reached = last.position.0;
            }
        }
        let all = rows.all()?;
        Ok(Self { rows, all, part: Vec::new().into_iter() })
    }

    fn next(&mut self) -> Result<Option<(String, String)>, OpsError> {
        if self.part.len() == 0 {
            self.part = self.rows.next(&mut self.all)?.into_iter();
        }
        Ok(self.part.next())
    }
}
