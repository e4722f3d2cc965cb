//! What happened to a document: all of it, or what a client that saw a version has not seen.

use crate::event::Version;
use crate::ops::documents::get::document_stream;
use crate::ops::error::OpsError;
use crate::ops::replay::Until;
use crate::runtime::DocumentChanges;
use crate::store::Store;

/// The changes of a document after a version; 0: all.
///
/// # Errors
/// [`OpsError::NotFound`] when there never was such a document, [`OpsError::NotThere`] when it has not reached that
/// version, or as the store says.
pub async fn document_changes(store: &Store, id: &str, after: Version) -> Result<DocumentChanges, OpsError> {
    let stream = document_stream(store, id).await?;
    let after = Until::Version(after).version(store, &stream).await?;
    Ok(DocumentChanges::open(store, &stream, after))
}
