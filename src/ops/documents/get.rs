//! A document as it is, or as it was at a version or a moment.

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
use crate::ops::near::nothing_of;
use crate::ops::replay::Until;
use crate::runtime::LoadOptions;
use crate::runtime::RuntimeError;
use crate::runtime::load;
use crate::store::Store;

/// A document, and who made it what it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct DocumentReport {
    /// Which one.
    pub id: String,
    /// The version of the last change in it.
    pub version: Version,
    /// What it holds.
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub document: Value,
    /// When it was changed last.
    pub last_updated: Timestamp,
    /// Who changed it last, where that is known.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub client_id: Option<String>,
    /// The ids of quarantined events that it leaves out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Uuid>,
    /// Its caveats; absent where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<ListCaveat>,
}

/// A document up to a version, a moment, or now.
///
/// # Errors
/// [`OpsError::NotFound`] when there never was such a document, a rejection when it was deleted by then,
/// [`OpsError::NotThere`] when it was not there yet or has not reached that version, or as the store says.
pub async fn get_document(store: &Store, id: &str, until: Until) -> Result<DocumentReport, OpsError> {
    let stream = document_stream(store, id).await?;
    let up_to = until.existing_version(store, &stream).await?;
    let (fold, left_out) = document_at(store, &stream, up_to).await?;
    let state = fold.state();
    if state.is_deleted() {
        let deleted =
            DocumentRejection::Deleted { id: fold.id().to_owned(), at: state.last_updated, by: state.client_id.clone() };
        return Err(RuntimeError::from(DecideError::Rejected(deleted.into())).into());
    }
    // As it is shown everywhere else, but for the fields having types.
    match fold.show(state.last_updated) {
        Value::Null => Err(nothing_of("document", store, &stream).await),
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

/// The stream of a document that is there, or was.
pub(super) async fn document_stream(store: &Store, id: &str) -> Result<StreamName, OpsError> {
    let stream = StreamName::of(Document::CATEGORY, id)?;
    match store.stream_version(stream.clone()).await? {
        Version::ZERO => Err(nothing_of("document", store, &stream).await),
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
