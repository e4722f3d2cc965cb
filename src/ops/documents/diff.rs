//! What makes one version of a document of another.

use json_patch::Patch;
use serde::Serialize;
use uuid::Uuid;

use crate::domain::document::transition;
use crate::event::Version;
use crate::ops::documents::get::document_at;
use crate::ops::documents::get::document_stream;
use crate::ops::error::OpsError;
use crate::ops::replay::Until;
use crate::store::Store;

/// The way from one version to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiffReport {
    /// Which document.
    pub id: String,
    /// The one version; 0: before the first.
    pub from: Version,
    /// The other version.
    pub to: Version,
    /// What makes that of the one (RFC 6902). Where there is no document it is null.
    pub patch: Patch,
    /// The ids of quarantined events that both versions leave out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Uuid>,
}

/// Compares two versions of a document, either way round; without `to` the last one.
///
/// # Errors
/// [`OpsError::NotFound`] when there never was such a document, [`OpsError::NotThere`] when it has not reached these
/// versions, or as the store says.
pub async fn diff_document(store: &Store, id: &str, from: Version, to: Option<Version>) -> Result<DiffReport, OpsError> {
    let stream = document_stream(store, id).await?;
    let from = Until::Version(from).version(store, &stream).await?;
    let to = to.map_or(Until::Head, Until::Version).version(store, &stream).await?;
    let (before, left_out_before) = document_at(store, &stream, from).await?;
    let (after, left_out_after) = document_at(store, &stream, to).await?;
    // The set is one, and the later version has all of it that the earlier one has.
    let left_out = if from > to { left_out_before } else { left_out_after };
    let patch = transition(before.state().document.as_ref(), after.state().document.as_ref());
    Ok(DiffReport { id: stream.id().to_owned(), from, to, patch, left_out })
}
