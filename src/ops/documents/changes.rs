//! The history of a document: all of it, or the changes that a client has not seen.

use crate::event::Version;
use crate::ops::cursor::check_cursor;
use crate::ops::documents::get::document_stream;
use crate::ops::error::OpsError;
use crate::runtime::DocumentChanges;
use crate::store::ReadSource;
use crate::store::Store;

/// Reads the changes of a document after a version; 0: all changes.
///
/// # Errors
/// [`OpsError::NotFound`] when there never was such a document; [`OpsError::CursorBeyondEnd`] when it has not reached the version.
pub async fn document_changes(store: &Store, id: &str, after: Version) -> Result<DocumentChanges, OpsError> {
    let stream = document_stream(store, id).await?;
    let end = store.stream_version(stream.clone()).await?;
    check_cursor(store, &ReadSource::Stream(stream.clone()), after.0, end.0).await?;
    Ok(DocumentChanges::open(store, &stream, after))
}
