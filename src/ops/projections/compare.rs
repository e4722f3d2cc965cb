//! Is the read model that was built beside what the live one is?

use serde::Serialize;
use serde_json::Value;

use crate::ops::changes::Change;
use crate::ops::changes::changes;
use crate::ops::error::OpsError;
use crate::ops::pages::Pages;
use crate::store::Part;
use crate::store::RowQuery;
use crate::store::Store;

/// So many differences are shown; all are counted.
const MAX_SHOWN: usize = 20;

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowDifference {
    /// Its key.
    pub key: String,
    /// From the live row to the one built; a row that is not there is null.
    pub changes: Vec<Change>,
}

/// What came of comparing two read models.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Comparison {
    /// Rows that were compared.
    pub rows: u64,
    /// Rows that differ.
    pub different: u64,
    /// The first of them.
    pub differences: Vec<RowDifference>,
}

/// Compares the live read model with the one that was built beside it, row by row.
pub(super) async fn compare(store: &Store, name: &str) -> Result<Comparison, OpsError> {
    let rows = |part| Pages::of(store, RowQuery { name: name.to_owned(), part, ..RowQuery::default() });
    let (mut live, mut built) = (rows(Part::Live), rows(Part::Building));
    let mut comparison = Comparison::default();
    let (mut left, mut right) = (live.next().await?, built.next().await?);
    loop {
        let key = match (&left, &right) {
            (None, None) => return Ok(comparison),
            (Some((key, _)), None) | (None, Some((key, _))) => key.clone(),
            (Some((left, _)), Some((right, _))) => left.min(right).clone(),
        };
        let old = left.take_if(|(found, _)| *found == key).map(|(_, row)| row);
        let new = right.take_if(|(found, _)| *found == key).map(|(_, row)| row);
        comparison.rows += 1;
        if old != new {
            let value = |row: Option<&String>| row.and_then(|row| serde_json::from_str(row).ok()).unwrap_or(Value::Null);
            let found = changes(&value(old.as_ref()), &value(new.as_ref()));
            if !found.is_empty() {
                comparison.different += 1;
                if comparison.differences.len() < MAX_SHOWN {
                    comparison.differences.push(RowDifference { key, changes: found });
                }
            }
        }
        if old.is_some() {
            left = live.next().await?;
        }
        if new.is_some() {
            right = built.next().await?;
        }
    }
}
