//! Rollback to the read model before the last rebuild.

use serde::Serialize;

use crate::event::Position;
use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::runtime;
use crate::runtime::Control;
use crate::runtime::Paused;
use crate::runtime::QueryBus;
use crate::store::Part;
use crate::store::Store;

/// The outcome of a rollback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RollbackReport {
    /// The projection.
    pub name: String,
    /// The position of the read model that answers now. It continues from there.
    pub position: Position,
    /// The version of the logic that made it.
    pub logic_version: u32,
    /// True if the projection was paused because its logic has changed since. A run would rebuild the read model at once.
    pub paused: bool,
}

/// Exchanges the current read model with the one before the last rebuild. A second rollback restores the first one.
///
/// # Errors
/// [`RuntimeError::NotFound`](crate::runtime::RuntimeError::NotFound) when there is no such projection; [`OpsError::NotThere`] when
/// there is no previous read model;
/// [`StoreError::ForeignCheckpoint`](crate::store::StoreError::ForeignCheckpoint) when that is not of this store.
pub async fn rollback_projection(
    store: &Store,
    queries: &QueryBus,
    name: &str,
    by: &str,
    now: Timestamp,
) -> Result<RollbackReport, OpsError> {
    let projection = queries.read_model(name)?;
    let records = store.projections().await?;
    let previous = records.into_iter().find(|record| record.model.name == name && record.model.part == Part::Previous);
    let none = || OpsError::NotThere {
        kind: "read model",
        message: format!("projection {name} has no read model from before the last rebuild"),
    };
    let previous = previous.ok_or_else(none)?;
    runtime::check_belongs(store, name, previous.checkpoint).await?;
    let pausing = previous.logic_version != projection.version() && Control::load(store, name, now).await?.paused.is_none();
    if pausing {
        let reason = format!("rolled back to logic version {}", previous.logic_version);
        runtime::pause(store, name, &Paused { since: now, by: by.to_owned(), reason: Some(reason) }).await?;
    }
    if !store.exchange_read_models(name).await? {
        return Err(none());
    }
    let logic_version = previous.logic_version;
    Ok(RollbackReport { name: name.to_owned(), position: previous.checkpoint.position, logic_version, paused: pausing })
}
