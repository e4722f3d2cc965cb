//! Reads the rows of the next page while those of this one are mapped.

use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use crate::store::answer::Answer;
use crate::store::error::StoreError;
use crate::store::foreign::Comparison;
use crate::store::foreign::ForeignDatabase;
use crate::store::foreign::ForeignRow;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::RowsBound;
use crate::store::foreign::RowsQuery;

/// The age of an answer beyond which it is not used: the rows may have changed.
const MAX_AGE: Duration = Duration::from_secs(1);

/// The page that is expected next.
#[derive(Default)]
pub(super) struct ReadAhead {
    expected: Mutex<Option<ExpectedPage>>,
}

struct ExpectedPage {
    rows: RowsQuery,
    /// The answer under way, once pages were read one after the other.
    started: Option<(Instant, Answer<Vec<ForeignRow>>)>,
}

impl ReadAhead {
    /// Reads the rows of a page in the order of a column. Starts to read those of the next page if this one was expected.
    pub(super) async fn rows(
        &self,
        database: &dyn ForeignDatabase,
        rows: &RowsQuery,
        order: &QueryColumn,
    ) -> Result<Vec<ForeignRow>, StoreError> {
        let expected = self.lock().take().filter(|expected| expected.rows == *rows);
        let is_next = expected.is_some();
        let started = expected.and_then(|expected| expected.started).filter(|(start, _)| start.elapsed() < MAX_AGE);
        let started = match started {
            Some((_, answer)) => answer.await.ok(),
            None => None,
        };
        let found = match started {
            Some(found) => found,
            // Also after a failure: the server may be back since.
            None => database.rows(rows.clone()).await?,
        };
        *self.lock() = next_page(rows, order, &found).map(|rows| {
            let started = is_next.then(|| (Instant::now(), database.rows(rows.clone())));
            ExpectedPage { rows, started }
        });
        Ok(found)
    }

    fn lock(&self) -> MutexGuard<'_, Option<ExpectedPage>> {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the query for the rows after a full page. The rows of the last place belong to it: there may be more of them.
fn next_page(rows: &RowsQuery, order: &QueryColumn, found: &[ForeignRow]) -> Option<RowsQuery> {
    if rows.range.backwards || found.len() < rows.limit {
        return None;
    }
    let column = rows.columns.iter().position(|column| column == order)?;
    let last = found.last()?.values.get(column)?;
    let before = found.iter().rev().filter_map(|row| row.values.get(column)).find(|place| *place != last)?;
    let ForeignValue::Integer(before) = before else { return None };
    let mut next = rows.clone();
    let of_start = |one: &&mut RowsBound| one.comparison == Comparison::After && one.columns == [order.clone()];
    let start = vec![ForeignValue::Integer(*before)];
    match next.range.bounds.iter_mut().find(of_start) {
        Some(bound) => bound.values = start,
        None => return Some(next.bound(vec![order.clone()], Comparison::After, start)),
    }
    Some(next)
}
