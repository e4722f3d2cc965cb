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
    /// True to read also what the store of another program hides.
    pub hidden: bool,
}

/// Starts reading events.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream; [`OpsError::Invalid`] when the bounds cross, or when the streams of the
/// store have no order; [`OpsError::CursorBeyondEnd`] when the cursor is beyond the end.
pub async fn read_events(store: &Store, input: &ReadEvents) -> Result<Scan, OpsError> {
    let abilities = store.abilities();
    if input.stream.is_none() && !store.has_order().await? {
        let message = format!("{} has no order over all streams in this layout; name a stream", store.place());
        return Err(OpsError::Invalid(message));
    }
    input.selection.check()?;
    let mut selection = input.selection.clone();
    // Where times do not grow, a time has no place.
    let times = if abilities.growing_times { (None, None) } else { (selection.since.take(), selection.until.take()) };
    let source = input.stream.clone().map_or(ReadSource::All, ReadSource::Stream);
    let (from, to) = selection.places(store, &source, input.backwards).await?;
    let mut query = ReadQuery { source, ..ReadQuery::all() }.from(from).to(to);
    query = query.categories(input.categories.clone()).types(input.types.clone()).between(times.0, times.1);
    query.hidden = input.hidden;
    if input.backwards {
        query = query.backwards();
    }
    Ok(match input.limit {
        Some(limit) => store.scan_limited(query, limit),
        None => store.scan(query),
    })
}
