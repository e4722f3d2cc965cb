//! Failed events of a projection: listing, retrying and skipping them.

use serde::Serialize;
use uuid::Uuid;

use crate::ops::error::OpsError;
use crate::runtime::Clock;
use crate::runtime::Projector;
use crate::runtime::QueryBus;
use crate::runtime::Released;
use crate::runtime::RunOptions;
use crate::store::FailedEvent;
use crate::store::Part;
use crate::store::Store;

/// An event that a projection could not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectionFailedEvent {
    /// The projection.
    pub projection: String,
    /// The read model: the live one, or that of a rebuild in progress.
    pub part: Part,
    /// The failed event, and its state.
    #[serde(flatten)]
    pub failed_event: FailedEvent,
}

/// Lists the failed events of a projection, in the order of their positions. Those of a rebuild in progress come last.
///
/// # Errors
/// [`RuntimeError::NotFound`](crate::runtime::RuntimeError::NotFound) when there is no such projection.
pub async fn projection_errors(
    store: &Store,
    queries: &QueryBus,
    name: &str,
    clock: Clock,
) -> Result<Vec<ProjectionFailedEvent>, OpsError> {
    let projection = queries.read_model(name)?;
    store.head().await?;
    let failed = Projector::new(store, &**projection, clock, RunOptions::default()).problems().await?;
    let of_it = |(part, failed_event)| ProjectionFailedEvent { projection: name.to_owned(), part, failed_event };
    Ok(failed.into_iter().map(of_it).collect())
}

/// The decision of an operator on a failed event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseAction {
    /// Try the event again.
    Retry,
    /// Leave the event out.
    Skip,
}

/// Retries or skips a failed event, and applies the events that waited behind it.
///
/// # Errors
/// [`RuntimeError::NotFound`](crate::runtime::RuntimeError::NotFound) when there is no such projection or failed event.
pub async fn release_event(
    store: &Store,
    queries: &QueryBus,
    name: &str,
    event_id: Uuid,
    action: ReleaseAction,
    clock: Clock,
) -> Result<Released, OpsError> {
    let projection = queries.projection(name)?;
    let projector = Projector::new(store, &**projection, clock, RunOptions::default());
    Ok(match action {
        ReleaseAction::Retry => projector.retry(event_id).await?,
        ReleaseAction::Skip => projector.skip(event_id).await?,
    })
}
