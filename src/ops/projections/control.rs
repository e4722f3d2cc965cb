//! Pausing and resuming projections, and their policy on failed events.

use serde::Serialize;

use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::runtime;
use crate::runtime::Control;
use crate::runtime::OnError;
use crate::runtime::Paused;
use crate::runtime::QueryBus;
use crate::store::Store;

/// The pause of a projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ControlReport {
    /// The projection.
    pub name: String,
    /// The current pause; none: the projection is not paused.
    pub paused: Option<Paused>,
    /// True if the request changed the pause.
    pub changed: bool,
}

/// Pauses a projection. An existing pause stays as it is.
///
/// # Errors
/// [`RuntimeError::NotFound`](crate::runtime::RuntimeError::NotFound) when there is no such projection.
pub async fn pause_projection(
    store: &Store,
    queries: &QueryBus,
    name: &str,
    by: &str,
    now: Timestamp,
) -> Result<ControlReport, OpsError> {
    queries.read_model(name)?;
    store.head().await?;
    if let Some(paused) = Control::load(store, name, now).await?.paused {
        return Ok(ControlReport { name: name.to_owned(), paused: Some(paused), changed: false });
    }
    let paused = Paused { since: now, by: by.to_owned(), reason: None };
    runtime::pause(store, name, &paused).await?;
    Ok(ControlReport { name: name.to_owned(), paused: Some(paused), changed: true })
}

/// Resumes a projection.
///
/// # Errors
/// [`RuntimeError::NotFound`](crate::runtime::RuntimeError::NotFound) when there is no such projection.
pub async fn resume_projection(store: &Store, queries: &QueryBus, name: &str) -> Result<ControlReport, OpsError> {
    queries.read_model(name)?;
    store.head().await?;
    let changed = runtime::resume(store, name).await?;
    Ok(ControlReport { name: name.to_owned(), paused: None, changed })
}

/// Sets the policy of a projection on events that fail to apply.
///
/// # Errors
/// [`RuntimeError::NotFound`](crate::runtime::RuntimeError::NotFound) when there is no such projection.
pub async fn set_policy(store: &Store, queries: &QueryBus, name: &str, on_error: OnError) -> Result<(), OpsError> {
    queries.projection(name)?;
    Ok(runtime::set_on_error(store, name, on_error).await?)
}
