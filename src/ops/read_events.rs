//! Reading events of one stream or of all.

use crate::event::StreamName;
use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::ops::near::must_exist;
use crate::store::ReadQuery;
use crate::store::Scan;
use crate::store::Source;
use crate::store::Store;

/// Which events.
#[derive(Debug, Clone, Default)]
pub struct ReadEvents {
    /// Of this stream; none: of all.
    pub stream: Option<StreamName>,
    /// From this version (of a stream) or position (of all) on.
    pub from: Option<u64>,
    /// Up to this one.
    pub to: Option<u64>,
    /// At most so many.
    pub limit: Option<u64>,
    /// From the last to the first.
    pub backwards: bool,
    /// Only of these categories; none: all.
    pub categories: Vec<String>,
    /// Only of these types; none: all.
    pub types: Vec<String>,
    /// Only recorded at or after this moment.
    pub since: Option<Timestamp>,
    /// Only recorded at or before this moment.
    pub until: Option<Timestamp>,
}

/// Starts reading. Moments are turned into positions first: time grows with position.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream, [`OpsError::Invalid`] when the bounds cross, or as
/// the store says.
pub async fn read_events(store: &Store, input: &ReadEvents) -> Result<Scan, OpsError> {
    let (mut from, mut to) = (input.from.unwrap_or(1), input.to.unwrap_or(u64::MAX));
    if input.from.is_some() && from > to {
        return Err(OpsError::Invalid(format!("from {from} is after to {to}")));
    }
    if let (Some(since), Some(until)) = (input.since, input.until)
        && since > until
    {
        return Err(OpsError::Invalid(format!("since {since} is after until {until}")));
    }
    if input.stream.is_some() && (input.since.is_some() || input.until.is_some()) {
        // A moment is a place in the store, not in a stream.
        return Err(OpsError::Invalid("a time bounds the events of the whole store, not those of one stream".into()));
    }
    let source = match &input.stream {
        None => {
            // Reading from nowhere still says that there is no store.
            store.head().await?;
            Source::All
        }
        Some(stream) => {
            must_exist(store, stream.clone()).await?;
            Source::Stream(stream.clone())
        }
    };
    if let Some(since) = input.since.filter(|since| *since > Timestamp::MIN) {
        let just_before = Timestamp::from_micros_saturating(since.micros() - 1);
        from = from.max(store.position_at(just_before).await?.next().0);
    }
    if let Some(until) = input.until {
        to = to.min(store.position_at(until).await?.0);
    }
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
