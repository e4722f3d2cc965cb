//! Events from the future. A wrong clock recorded them, and every later event gets a later time.

use std::time::Duration;

use serde::Serialize;

use crate::event::Position;
use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::store::Store;
use crate::store::no_store_is_empty;

/// The permitted difference between clocks.
const TOLERANCE: Duration = Duration::from_secs(60);

/// The events at the end of a store that were recorded more than a minute after the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FutureEvents {
    /// Number of events.
    pub events: u64,
    /// Position of the first one.
    pub first_position: Position,
    /// Time of the first one.
    pub first_recorded_at: Timestamp,
    /// Time of the last one, which is the last event of the store.
    pub last_recorded_at: Timestamp,
    /// The present, by the server's clock, or by `now` without a server.
    pub now: Timestamp,
}

/// Finds the events from the future. Time grows with the position, so they are at the end of the store.
pub async fn future_events(store: &Store, now: Timestamp) -> Result<Option<FutureEvents>, OpsError> {
    if !store.abilities().growing_times {
        return Ok(None);
    }
    let head = no_store_is_empty(store.head().await)?;
    let now = store.server_clock().await?.unwrap_or(now);
    let latest = now.plus(TOLERANCE);
    if head.position == Position::ZERO || head.recorded_at <= latest {
        return Ok(None);
    }
    let first_position = store.position_at(latest).await?.next();
    let first = store.event_at(first_position).await?;
    Ok(first.map(|first| FutureEvents {
        events: head.position.0.saturating_sub(first_position.0) + 1,
        first_position,
        first_recorded_at: first.recorded_at,
        last_recorded_at: head.recorded_at,
        now,
    }))
}
