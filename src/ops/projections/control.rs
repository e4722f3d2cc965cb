//! Pausing a projection, letting it go on, and saying what it does at an event that it cannot take in.

use serde::Serialize;

use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::runtime;
use crate::runtime::Control;
use crate::runtime::OnError;
use crate::runtime::Paused;
use crate::runtime::QueryBus;
use crate::store::Store;

/// What became of a projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ControlReport {
    /// The projection.
    pub name: String,
    /// Since when and by whom it is paused; none: it is not.
    pub paused: Option<Paused>,
    /// Whether that is new.
    pub changed: bool,
}

/// Pauses a projection. One that is paused stays as it was paused first.
///
/// # Errors
/// No such projection, or as the store says.
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

/// Lets a projection go on.
///
/// # Errors
/// No such projection, or as the store says.
pub async fn resume_projection(store: &Store, queries: &QueryBus, name: &str) -> Result<ControlReport, OpsError> {
    queries.read_model(name)?;
    store.head().await?;
    let changed = runtime::resume(store, name).await?;
    Ok(ControlReport { name: name.to_owned(), paused: None, changed })
}

/// Says what a projection does from now on at an event that it cannot take in.
///
/// # Errors
/// No such projection, or as the store says.
pub async fn set_policy(store: &Store, queries: &QueryBus, name: &str, on_error: OnError) -> Result<(), OpsError> {
    queries.projection(name)?;
    Ok(runtime::set_on_error(store, name, on_error).await?)
}
