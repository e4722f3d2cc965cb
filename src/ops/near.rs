//! A stream that is not there was asked for: what was perhaps meant.

use crate::event::StreamName;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::store::Store;
use crate::store::StreamQuery;

/// So many names are looked at: a hint is not worth reading a large store for.
const LOOKED_AT: usize = 500;

/// A stream that has no events is not found.
///
/// # Errors
/// [`OpsError::NotFound`], or as the store says.
pub async fn must_exist(store: &Store, stream: StreamName) -> Result<(), OpsError> {
    match store.stream_version(stream.clone()).await? {
        Version::ZERO => Err(no_stream(store, &stream).await),
        _ => Ok(()),
    }
}

/// There is no such stream; with the names of others that begin alike.
pub(crate) async fn no_stream(store: &Store, stream: &StreamName) -> OpsError {
    let candidates = alike(store, stream).await;
    OpsError::NotFound { kind: "stream", name: stream.to_string(), candidates }
}

/// There is no such thing of a category; with the ids of others that begin alike.
pub(crate) async fn nothing_of(kind: &'static str, store: &Store, stream: &StreamName) -> OpsError {
    let prefix = format!("{}-", stream.category());
    let names = alike(store, stream).await;
    let candidates = names.iter().filter_map(|name| name.strip_prefix(&prefix)).map(str::to_owned).collect();
    OpsError::NotFound { kind, name: stream.id().to_owned(), candidates }
}

/// Those of the same category that begin with the same character; else any.
async fn alike(store: &Store, stream: &StreamName) -> Vec<String> {
    let first = stream.id().chars().next();
    let of_category = first.map(|first| format!("{}-{first}", stream.category()));
    for prefix in [of_category, None] {
        let query = StreamQuery { prefix, limit: LOOKED_AT, ..StreamQuery::default() };
        // That there is nothing to offer must not hide what was not found.
        let found = store.streams(query).await.unwrap_or_default();
        // The stream itself can be there, and what it was to hold not.
        let others: Vec<String> = found.into_iter().map(|info| info.stream).filter(|name| name != stream.as_str()).collect();
        if !others.is_empty() {
            return others;
        }
    }
    Vec::new()
}
