//! Errors for streams that do not exist, with similar names.

use crate::event::StreamName;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::store::Store;
use crate::store::StreamQuery;

/// Maximum number of names that are read for a hint.
const LOOKED_AT: usize = 500;

/// Checks that a stream has events.
///
/// # Errors
/// [`OpsError::NotFound`] when it has none.
pub async fn must_exist(store: &Store, stream: StreamName) -> Result<(), OpsError> {
    match store.stream_version(stream.clone()).await? {
        Version::ZERO => Err(no_stream(store, &stream).await),
        _ => Ok(()),
    }
}

/// Returns the error for a stream without events, with the names of similar streams.
pub(crate) async fn no_stream(store: &Store, stream: &StreamName) -> OpsError {
    let candidates = alike(store, stream).await;
    OpsError::NotFound { kind: "stream", name: stream.to_string(), candidates }
}

/// Returns the error for an id without events in a category, with similar ids.
pub(crate) async fn not_found(kind: &'static str, store: &Store, stream: &StreamName) -> OpsError {
    let prefix = format!("{}-", stream.category());
    let names = alike(store, stream).await;
    let candidates = names.iter().filter_map(|name| name.strip_prefix(&prefix)).map(str::to_owned).collect();
    OpsError::NotFound { kind, name: stream.id().to_owned(), candidates }
}

/// Returns the names of streams of the same category with the same first character; if there are none, of any stream.
async fn alike(store: &Store, stream: &StreamName) -> Vec<String> {
    let first = stream.id().chars().next();
    let of_category = first.map(|first| format!("{}-{first}", stream.category()));
    // The streams of another program cannot be looked up by the start of their names.
    let prefixes = if store.abilities().dense { vec![of_category, None] } else { vec![None] };
    for prefix in prefixes {
        let query = StreamQuery { prefix, limit: LOOKED_AT, ..StreamQuery::default() };
        // A failure here must not hide the original error.
        let found = store.streams(query).await.unwrap_or_default();
        // The stream itself can exist without the object that was requested in it.
        let others: Vec<String> = found.into_iter().map(|info| info.stream).filter(|name| name != stream.as_str()).collect();
        if !others.is_empty() {
            return others;
        }
    }
    Vec::new()
}
