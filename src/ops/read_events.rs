//! Reading events of one stream or of all.

use crate::event::StreamName;
use crate::ops::error::OpsError;
use crate::ops::selection::Selection;
use crate::store::ReadQuery;
use crate::store::Scan;
use crate::store::Source;
use crate::store::Store;

/// The events to read.
#[derive(Debug, Clone, Default)]
pub struct ReadEvents {
    /// The stream; none for all of them.
    pub stream: Option<StreamName>,
    /// Bounds by place and time.
    pub selection: Selection,
    /// Maximum number of events.
    pub limit: Option<u64>,
    /// From the last to the first.
    pub backwards: bool,
    /// Only of these categories; none: all.
    pub categories: Vec<String>,
    /// Only of these types; none: all.
    pub types: Vec<String>,
}

/// Starts reading.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream, [`OpsError::Invalid`] when the bounds cross,
/// [`OpsError::CursorBeyondEnd`], or an error of the store.
pub async fn read_events(store: &Store, input: &ReadEvents) -> Result<Scan, OpsError> {
    let source = input.stream.clone().map_or(Source::All, Source::Stream);
    let (from, to) = input.selection.places(store, &source, input.backwards).await?;
    let mut query = ReadQuery { source, ..ReadQuery::all() }.from(from).to(to);
    query = query.categories(input.categories.clone()).types(input.types.clone());
    if input.backwards {
        query = query.backwards();
    }
    Ok(match input.limit {
        Some(limit) => store.scan_limited(query, limit),
        None => store.scan(query),
    })
}
