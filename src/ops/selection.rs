//! The selected part of a stream or of the whole store: places, times, and a cursor.

use crate::event::Timestamp;
use crate::ops::cursor::check_cursor;
use crate::ops::error::OpsError;
use crate::ops::not_found::must_exist;
use crate::runtime::RuntimeError;
use crate::runtime::version_at;
use crate::store::ReadSource;
use crate::store::Store;

/// Bounds on the events to read. Places are versions in a stream, positions in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The first place.
    pub from: Option<u64>,
    /// The last place.
    pub to: Option<u64>,
    /// The last place that the reader has seen; 0: none. Backwards, the events before it are selected.
    pub after: Option<u64>,
    /// The earliest time of events.
    pub since: Option<Timestamp>,
    /// The latest time of events.
    pub until: Option<Timestamp>,
}

impl Selection {
    /// Returns the first and the last place, both inclusive. Nothing is selected if they cross. Time grows with the position, so
    /// each time has a place.
    ///
    /// # Errors
    /// [`OpsError::NotFound`] when there is no such stream; [`OpsError::Invalid`] when the bounds cross;
    /// [`OpsError::CursorBeyondEnd`] when the cursor is beyond the end.
    pub async fn places(&self, store: &Store, source: &ReadSource, backwards: bool) -> Result<(u64, u64), OpsError> {
        self.check()?;
        let end = match end_of(store, source).await {
            // A damaged store is read up to the damage, where the reading fails.
            Err(OpsError::Runtime(RuntimeError::Store(error))) if error.is_damage() => u64::MAX,
            end => end?,
        };
        let (mut from, mut to) = (self.from.unwrap_or(1), self.to.unwrap_or(u64::MAX));
        if let Some(after) = self.after {
            check_cursor(store, source, after, end).await?;
            match backwards {
                // Backwards, the cursor 0 excludes nothing.
                true if after == 0 => {}
                true => to = to.min(after - 1),
                false => from = from.max(after + 1),
            }
        }
        if let Some(since) = self.since {
            from = from.max(place_before(store, source, since).await? + 1);
        }
        if let Some(until) = self.until {
            to = to.min(place_at(store, source, until).await?);
        }
        Ok((from, to))
    }

    pub(in crate::ops) fn check(&self) -> Result<(), OpsError> {
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from > to
        {
            return Err(OpsError::Invalid(format!("from {from} is after to {to}")));
        }
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since > until
        {
            return Err(OpsError::Invalid(format!("since {since} is after until {until}")));
        }
        Ok(())
    }
}

/// Returns the last place of a stream or of the store.
async fn end_of(store: &Store, source: &ReadSource) -> Result<u64, OpsError> {
    match source {
        // This fails if there is no store, even if nothing is selected.
        ReadSource::All => Ok(store.head().await?.position.0),
        ReadSource::Stream(stream) => {
            must_exist(store, stream.clone()).await?;
            Ok(store.stream_version(stream.clone()).await?.0)
        }
    }
}

/// Returns the last place before a moment; 0 if there is none.
pub(crate) async fn place_before(store: &Store, source: &ReadSource, moment: Timestamp) -> Result<u64, OpsError> {
    match moment {
        Timestamp::MIN => Ok(0),
        moment => place_at(store, source, Timestamp::from_micros_saturating(moment.micros() - 1)).await,
    }
}

/// Returns the last place of a stream or of the store at a moment; 0 if there is none.
pub(crate) async fn place_at(store: &Store, source: &ReadSource, moment: Timestamp) -> Result<u64, OpsError> {
    let position = store.position_at(moment).await?;
    Ok(match source {
        ReadSource::All => position.0,
        ReadSource::Stream(stream) => version_at(store, stream, position).await?.0,
    })
}
