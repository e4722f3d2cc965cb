//! The record of a live read model, and whether it has changed.

use crate::store::ProjectionRecord;
use crate::store::ReadModel;
use crate::store::Store;
use crate::store::StoreError;

/// Returns the record of the live read model of a projection.
pub(super) async fn live_record(store: &Store, name: &str) -> Result<Option<ProjectionRecord>, StoreError> {
    let model = ReadModel::live(name);
    Ok(store.projections().await?.into_iter().find(|record| record.model == model))
}

/// Returns true if a read model is as it was before: no runner has committed since.
pub(super) fn is_unchanged(now: Option<&ProjectionRecord>, before: &ProjectionRecord) -> bool {
    now.is_some_and(|now| (now.commits, now.updated_at) == (before.commits, before.updated_at))
}
