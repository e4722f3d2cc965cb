//! The difference between two versions of a document.

use json_patch::Patch;
use serde::Serialize;
use uuid::Uuid;

use crate::domain::document::transition;
use crate::event::Version;
use crate::ops::documents::get::document_at;
use crate::ops::documents::get::document_stream;
use crate::ops::error::OpsError;
use crate::ops::replay::PointInTime;
use crate::store::Store;

/// The difference between two versions of a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiffReport {
    /// The id of the document.
    pub id: String,
    /// The first version; 0: before the document existed.
    pub from: Version,
    /// The second version.
    pub to: Version,
    /// The JSON Patch (RFC 6902) from the first version to the second. A missing document is null.
    pub patch: Patch,
    /// The ids of quarantined events that both versions leave out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Uuid>,
}

/// Compares two versions of a document, in any order. Without `to` the second one is the last.
///
/// # Errors
/// [`OpsError::NotFound`] when there never was such a document; [`OpsError::NotThere`] when it has not reached a version.
pub async fn diff_document(store: &Store, id: &str, from: Version, to: Option<Version>) -> Result<DiffReport, OpsError> {
    let stream = document_stream(store, id).await?;
    let from = PointInTime::Version(from).version(store, &stream).await?;
    let to = to.map_or(PointInTime::Head, PointInTime::Version).version(store, &stream).await?;
    let (before, left_out_before) = document_at(store, &stream, from).await?;
    let (after, left_out_after) = document_at(store, &stream, to).await?;
    // The later version leaves out everything that the earlier one does.
    let left_out = if from > to { left_out_before } else { left_out_after };
    let patch = transition(before.state().document.as_ref(), after.state().document.as_ref());
    Ok(DiffReport { id: stream.id().to_owned(), from, to, patch, left_out })
}
