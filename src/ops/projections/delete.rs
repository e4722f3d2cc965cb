//! Deleting a projection that the store keeps, and its read models. Events are never touched.

use serde::Serialize;

use crate::ops::error::OpsError;
use crate::runtime::Control;
use crate::runtime::Definition;
use crate::runtime::is_built_in;
use crate::store::Part;
use crate::store::ReadModel;
use crate::store::Store;

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeleteReport {
    /// The projection.
    pub name: String,
    /// How many rows its read model had.
    pub rows: u64,
}

async fn drop_all(store: &Store, name: &str) -> Result<(), OpsError> {
    for part in Part::ALL {
        store.drop_read_model(ReadModel { name: name.to_owned(), part }).await?;
    }
    Ok(())
}

/// Deletes a projection that the store keeps, or the read model of an application that is no longer there.
///
/// # Errors
/// [`OpsError::NotFound`] when the store keeps no such projection and no such read model, [`OpsError::Invalid`] for one that comes with esctl, or as
/// the store says. Broken off half way, it can be repeated.
pub async fn delete_projection(store: &Store, name: &str) -> Result<DeleteReport, OpsError> {
    if is_built_in(name) {
        return Err(OpsError::Invalid(format!("projection {name} comes with esctl and cannot be deleted")));
    }
    let rows = store.count_rows(ReadModel::live(name)).await?;
    let is_there = store.projections().await?.iter().any(|record| record.model.name == name);
    // It goes last: what is left over by a failure can still be named.
    drop_all(store, name).await?;
    if !Definition::delete(store, name).await? && !is_there {
        return Err(OpsError::NotFound { kind: "projection", name: name.to_owned(), candidates: Vec::new() });
    }
    // What a runner has made anew in between.
    drop_all(store, name).await?;
    Control::forget(store, name).await?;
    Ok(DeleteReport { name: name.to_owned(), rows })
}
