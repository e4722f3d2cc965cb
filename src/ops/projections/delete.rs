//! Deleting a stored projection and its read models. Events are not changed.

use serde::Serialize;

use crate::ops::error::OpsError;
use crate::runtime::Control;
use crate::runtime::Definition;
use crate::runtime::is_built_in;
use crate::store::Part;
use crate::store::ReadModel;
use crate::store::Store;

/// The outcome of a deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeleteReport {
    /// The projection.
    pub name: String,
    /// The number of rows of the read model.
    pub rows: u64,
}

async fn drop_all(store: &Store, name: &str) -> Result<(), OpsError> {
    for part in Part::ALL {
        store.drop_read_model(ReadModel { name: name.to_owned(), part }).await?;
    }
    Ok(())
}

/// Deletes a stored projection, or the read model of an application that no longer exists. An interrupted deletion can be repeated.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stored projection and no such read model; [`OpsError::Invalid`] for a built-in one.
pub async fn delete_projection(store: &Store, name: &str) -> Result<DeleteReport, OpsError> {
    if is_built_in(name) {
        return Err(OpsError::Invalid(format!("projection {name} is built in and cannot be deleted")));
    }
    let rows = store.count_rows(ReadModel::live(name)).await?;
    let is_there = store.projections().await?.iter().any(|record| record.model.name == name);
    // The definition is deleted last, so that a partial deletion can be repeated by name.
    drop_all(store, name).await?;
    if !Definition::delete(store, name).await? && !is_there {
        return Err(OpsError::NotFound { kind: "projection", name: name.to_owned(), candidates: Vec::new() });
    }
    // A runner may have written rows meanwhile.
    drop_all(store, name).await?;
    Control::forget(store, name).await?;
    Ok(DeleteReport { name: name.to_owned(), rows })
}
