//! Building a read model anew beside the old one.

use crate::ops::error::OpsError;
use crate::runtime::BatchSize;
use crate::runtime::Clock;
use crate::runtime::Projector;
use crate::runtime::QueryBus;
use crate::runtime::RunReport;
use crate::store::Store;

/// Rebuilds from the first event; the old read model answers until the new one replaces it in one step.
/// A rebuild that was broken off goes on where it was.
///
/// # Errors
/// An event that cannot be taken in, or as the store says; the old read model is then as it was.
pub async fn rebuild_projection(
    store: &Store,
    queries: &QueryBus,
    name: &str,
    batch: BatchSize,
    clock: Clock,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<RunReport, OpsError> {
    let projection = queries.projection(name)?;
    Ok(Projector::new(store, &**projection, clock, batch).rebuild(progress).await?)
}
