//! Damage to a row of a read model. For the demo, which shows how it is found and repaired.

use serde_json::Value;

use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::store::FailedEventChanges;
use crate::store::ReadModel;
use crate::store::RowsCommit;
use crate::store::Store;

/// Sets a field of a row.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such row.
pub(crate) async fn damage_row(
    store: &Store,
    name: &str,
    key: &str,
    (field, value): (&str, Value),
    now: Timestamp,
) -> Result<(), OpsError> {
    let model = ReadModel::live(name);
    let missing = || OpsError::NotFound { kind: "row", name: key.to_owned(), candidates: Vec::new() };
    let record = store.projections().await?.into_iter().find(|record| record.model == model).ok_or_else(missing)?;
    let row = store.rows(model.clone(), vec![key.to_owned()]).await?.into_iter().flatten().next().ok_or_else(missing)?;
    let mut row: Value = serde_json::from_str(&row).map_err(|error| OpsError::Invalid(error.to_string()))?;
    row[field] = value;
    let commit = RowsCommit {
        model,
        logic_version: record.logic_version,
        from: record.checkpoint.position,
        commits: None,
        to: record.checkpoint,
        rows: vec![(key.to_owned(), row.to_string())],
        failed_events: FailedEventChanges::default(),
        now,
    };
    store.commit_rows(commit).await?;
    Ok(())
}
