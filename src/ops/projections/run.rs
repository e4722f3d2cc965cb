//! Bringing read models up to date.

use crate::ops::error::OpsError;
use crate::runtime::Clock;
use crate::runtime::OnProgress;
use crate::runtime::Projector;
use crate::runtime::QueryBus;
use crate::runtime::RunOptions;
use crate::runtime::RunReport;
use crate::store::Store;

/// Applies all events up to the head. `progress` gets the number of positions that were passed.
///
/// # Errors
/// [`RuntimeError::Fold`](crate::runtime::RuntimeError::Fold) when an event failed to apply;
/// [`StoreError::ForeignCheckpoint`](crate::store::StoreError::ForeignCheckpoint) when the checkpoint is not of this store.
pub async fn run_projection(
    store: &Store,
    queries: &QueryBus,
    name: &str,
    clock: Clock,
    progress: OnProgress<'_>,
) -> Result<RunReport, OpsError> {
    let projection = queries.projection(name)?;
    let projector = Projector::new(store, &**projection, clock, RunOptions::default());
    Ok(projector.catch_up(progress).await?)
}
