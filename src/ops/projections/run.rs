//! Bringing read models up to date.

use crate::ops::error::OpsError;
use crate::runtime::BatchSize;
use crate::runtime::Clock;
use crate::runtime::OnProgress;
use crate::runtime::Projector;
use crate::runtime::QueryBus;
use crate::runtime::RunReport;
use crate::store::Store;

/// Takes in everything up to the head. `progress` is told how many positions were passed.
///
/// # Errors
/// A checkpoint that is not of this store, an event that cannot be taken in, or as the store says.
pub async fn run_projection(
    store: &Store,
    queries: &QueryBus,
    name: &str,
    clock: Clock,
    progress: OnProgress<'_>,
) -> Result<RunReport, OpsError> {
    let projection = queries.projection(name)?;
    let projector = Projector::new(store, &**projection, clock, BatchSize::default());
    Ok(projector.catch_up(progress).await?)
}
