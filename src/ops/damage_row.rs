//! Damage to a row of a read model, as a statement past esctl does it. For the demo, which shows how it is found.

use serde_json::Value;
use uuid::Uuid;

use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::store::FailedEvent;
use crate::store::FailedEventChanges;
use crate::store::FailedEventState;
use crate::store::ReadModel;
use crate::store::RowsCommit;
use crate::store::Store;

/// Sets a field of a row, and records a missing event that is not in the store.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such row.
pub async fn damage_row(
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
    let foreign = FailedEvent {
        event_id: Uuid::from_u128(0x018c_2f5e_7a00_7000_8000_0000_0000_0001),
        position: record.checkpoint.position,
        stream: format!("{name}-{key}"),
        version: Version(1),
        event_type: "of.another_store".to_owned(),
        error: "not an event of this store".to_owned(),
        attempts: 1,
        first_at: now,
        last_at: now,
        state: FailedEventState::Missing,
    };
    let commit = RowsCommit {
        model,
        logic_version: record.logic_version,
        from: record.checkpoint.position,
        commits: None,
        to: record.checkpoint,
        rows: vec![(key.to_owned(), row.to_string())],
        failed_events: FailedEventChanges { put: vec![foreign], solved: Vec::new() },
        now,
    };
    store.commit_rows(commit).await?;
    Ok(())
}
