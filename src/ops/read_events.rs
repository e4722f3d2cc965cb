//! Reading events of one stream or of all.

use crate::event::StreamName;
use crate::ops::error::OpsError;
use crate::ops::selection::Selection;
use crate::store::ReadQuery;
use crate::store::ReadSource;
use crate::store::Scan;
use crate::store::Store;

/// The input of a reading.
#[derive(Debug, Clone, Default)]
pub struct ReadEvents {
    /// The stream; none: all streams.
    pub stream: Option<StreamName>,
    /// The bounds by place and time.
    pub selection: Selection,
    /// Maximum number of events.
    pub limit: Option<u64>,
    /// True to read from the last event to the first.
    pub backwards: bool,
    /// The categories; none: all.
    pub categories: Vec<String>,
    /// The types; none: all.
    pub types: Vec<String>,
}

/// Starts reading events.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream; [`OpsError::Invalid`] when the bounds cross;
/// [`OpsError::CursorBeyondEnd`] when the cursor is beyond the end.
pub async fn read_events(store: &Store, input: &ReadEvents) -> Result<Scan, OpsError> {
    let source = input.stream.clone().map_or(ReadSource::All, ReadSource::Stream);
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
