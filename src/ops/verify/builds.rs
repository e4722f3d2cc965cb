//! Comparison of a live read model with the build that is to replace it.

use serde::Serialize;
use serde_json::Value;

use crate::ops::changes::Change;
use crate::ops::changes::changes;
use crate::ops::error::OpsError;
use crate::ops::pages::Pages;
use crate::store::Part;
use crate::store::RowQuery;
use crate::store::Store;

/// Maximum number of differences that are listed. All are counted.
const MAX_SHOWN: usize = 20;

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowDifference {
    /// The key of the row.
    pub key: String,
    /// The changes from the live row to the built one. A missing row is null.
    pub changes: Vec<Change>,
}

/// The outcome of comparing two read models.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ReadModelComparison {
    /// The number of rows that were compared.
    pub rows: u64,
    /// The number of rows that differ.
    pub different: u64,
    /// The first rows that differ.
    pub differences: Vec<RowDifference>,
}

/// Compares the live read model with its build, row by row.
pub(in crate::ops) async fn compare_build(store: &Store, name: &str) -> Result<ReadModelComparison, OpsError> {
    let rows = |part| Pages::of(store, RowQuery { name: name.to_owned(), part, ..RowQuery::default() });
    let (mut live, mut built) = (rows(Part::Live), rows(Part::Building));
    let mut comparison = ReadModelComparison::default();
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
