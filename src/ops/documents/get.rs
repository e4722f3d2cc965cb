//! A document at a version or moment.

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::aggregate::DecideError;
use crate::aggregate::Fold;
use crate::domain::document::Document;
use crate::domain::document::DocumentRejection;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::ListCaveat;
use crate::ops::error::OpsError;
use crate::ops::not_found::not_found;
use crate::ops::replay::PointInTime;
use crate::runtime::LoadOptions;
use crate::runtime::RuntimeError;
use crate::runtime::load;
use crate::store::Store;

/// A document and its last change.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct DocumentReport {
    /// The id of the document.
    pub id: String,
    /// The version of the last change.
    pub version: Version,
    /// The content of the document.
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub document: Value,
    /// The time of the last change.
    pub last_updated: Timestamp,
    /// The client of the last change, if it is known.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub client_id: Option<String>,
    /// The ids of quarantined events that the document leaves out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Uuid>,
    /// The caveats; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<ListCaveat>,
}

/// Reads a document at a version, at a moment, or now.
///
/// # Errors
/// [`OpsError::NotFound`] when there never was such a document; a rejection when it was deleted;
/// [`OpsError::NotThere`] when it did not exist yet or has not reached the version.
pub async fn get_document(store: &Store, id: &str, until: PointInTime) -> Result<DocumentReport, OpsError> {
    let stream = document_stream(store, id).await?;
    let up_to = until.existing_version(store, &stream).await?;
    let (fold, left_out) = document_at(store, &stream, up_to).await?;
    let state = fold.state();
    if state.is_deleted() {
        let deleted =
            DocumentRejection::Deleted { id: fold.id().to_owned(), at: state.last_updated, by: state.client_id.clone() };
        return Err(RuntimeError::from(DecideError::Rejected(deleted.into())).into());
    }
    // The shown form is that of all other reports; only the fields have types here.
    match fold.show(state.last_updated) {
        Value::Null => Err(not_found("document", store, &stream).await),
        mut shown => Ok(DocumentReport {
            id: fold.id().to_owned(),
            version: fold.stream_version(),
            document: shown["document"].take(),
            last_updated: state.last_updated,
            client_id: state.client_id.clone(),
            caveats: ListCaveat::left_out(left_out.len()).into_iter().collect(),
            left_out,
        }),
    }
}

/// Returns the stream of a document that exists or existed.
pub(super) async fn document_stream(store: &Store, id: &str) -> Result<StreamName, OpsError> {
    let stream = StreamName::of(Document::CATEGORY, id)?;
    match store.stream_version(stream.clone()).await? {
        Version::ZERO => Err(not_found("document", store, &stream).await),
        _ => Ok(stream),
    }
}

/// Returns the state of a document at a version, and the ids of quarantined events that it leaves out.
pub(super) async fn document_at(
    store: &Store,
    stream: &StreamName,
    up_to: Version,
) -> Result<(AggregateFold<Document>, Vec<Uuid>), RuntimeError> {
    let mut fold = AggregateFold::new(stream.as_str());
    let loaded = load(store, stream, &mut fold, LoadOptions { up_to, snapshots: true }).await?;
    Ok((fold, loaded.left_out))
}
