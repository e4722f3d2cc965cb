//! The last events of a store of another program, or of one of its streams, and then each new one, once.

use std::time::Duration;

use crate::event::EventChunk;
use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::ops::tail_events::Tail;
use crate::ops::tail_events::TailEnd;
use crate::ops::tail_events::TailEvents;
use crate::ops::tail_events::TailStart;
use crate::runtime::Clock;
use crate::store::ReadQuery;
use crate::store::ReadSource;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::follow::Follow;
use crate::store::follow::FollowStart;
use crate::store::follow::FollowWait;

/// The pause between two attempts to reach a store that is unavailable.
const UNAVAILABLE: Duration = Duration::from_millis(250);
/// The time after which a wait is reported.
const LONG_WAIT_MICROS: u64 = 2_000_000;

/// An item that a follower returns.
#[derive(Debug)]
pub enum FollowUpdate {
    /// The next events. The first `late` of them are late.
    Events {
        /// The events.
        events: EventChunk,
        /// The number of late events.
        late: usize,
        /// True if the store was unavailable before.
        recovered: bool,
    },
    /// No event, and all events so far are settled.
    Nothing,
    /// Events wait for more than two seconds. Reported once for each hole.
    Waiting(FollowWait),
    /// A fact about the store, reported once.
    Note(String),
    /// The store became unavailable. The follower keeps trying.
    Unavailable(StoreError),
    /// The store is available again. No event was missed.
    Available,
    /// The end was reached. No more events follow.
    Ended,
}

/// A follower of a store of another program.
pub struct FollowEvents {
    follower: Box<dyn Follow>,
    clock: Clock,
    until: Option<TailEnd>,
    /// The pause before the next poll.
    pause: Duration,
    unavailable: bool,
    notes: Vec<String>,
    /// The wait to return next.
    waiting: Option<FollowWait>,
    /// The hole that was reported last.
    reported: Option<String>,
}

impl FollowEvents {
    /// Begins to follow. A token goes on from an earlier follower, wherever the input starts.
    ///
    /// # Errors
    /// As [`Tail::open`]; [`OpsError::Invalid`] for a token of another layout or stream, and for a start in a store without an order
    /// over all streams.
    pub async fn open(store: &Store, input: &TailEvents, token: Option<String>, clock: Clock) -> Result<Self, OpsError> {
        let now = clock();
        let source = input.stream.clone().map_or(ReadSource::All, ReadSource::Stream);
        let has_place = source != ReadSource::All || store.has_order().await?;
        let query = ReadQuery { source, categories: input.categories.clone(), types: input.types.clone(), ..ReadQuery::all() };
        let query = query.between(None, input.until.as_ref().map(|until| until.moment));
        let (query, start) = match (token, input.start) {
            (Some(token), _) => (query, FollowStart::Token(token)),
            (None, TailStart::After(0)) if !has_place => (query, FollowStart::After { place: 0, existing: 0 }),
            (None, TailStart::Last(_)) if !has_place => (query, FollowStart::Now),
            (None, start) => {
                let (query, place, end) = Tail::open(store, input).await?.into_place();
                // A cursor may be one of a reader that has seen nothing after it, so nothing there is taken for settled.
                let existing = if matches!(start, TailStart::After(_)) { 0 } else { end };
                (query, FollowStart::After { place, existing })
            }
        };
        let follower = store.follow(query, start, now).await?;
        let (pause, unavailable, notes, waiting, reported) = Default::default();
        Ok(Self { follower, clock, until: input.until.clone(), pause, unavailable, notes, waiting, reported })
    }

    /// Returns the place after the returned events, with which another follower goes on.
    pub fn token(&self) -> String {
        self.follower.token()
    }

    /// Waits for the next item.
    ///
    /// # Errors
    /// An error of the store, other than [`StoreError::Unavailable`].
    pub async fn next(&mut self) -> Result<FollowUpdate, OpsError> {
        if !self.notes.is_empty() {
            return Ok(FollowUpdate::Note(self.notes.remove(0)));
        }
        if let Some(wait) = self.waiting.take() {
            return Ok(FollowUpdate::Waiting(wait));
        }
        tokio::time::sleep(std::mem::take(&mut self.pause)).await;
        // The clock is read before the store, so that the answer has all events recorded until then.
        let now = (self.clock)();
        let passed = self.until.as_ref().is_some_and(|until| (until.clock)() > until.moment);
        let batch = match self.follower.next(now).await {
            Err(error @ StoreError::Unavailable { .. }) => {
                self.pause = UNAVAILABLE;
                let is_known = std::mem::replace(&mut self.unavailable, true);
                return Ok(if is_known { FollowUpdate::Nothing } else { FollowUpdate::Unavailable(error) });
            }
            batch => batch?,
        };
        self.pause = batch.pause;
        self.notes = batch.notes;
        let recovered = std::mem::take(&mut self.unavailable);
        if !batch.events.is_empty() {
            // A wait is named also while other streams have events.
            if let Some(FollowUpdate::Waiting(wait)) = batch.waiting.map(|wait| self.report(wait, now)) {
                self.waiting = Some(wait);
            }
            return Ok(FollowUpdate::Events { events: batch.events, late: batch.late, recovered });
        }
        if recovered {
            return Ok(FollowUpdate::Available);
        }
        if !self.notes.is_empty() {
            return Ok(FollowUpdate::Note(self.notes.remove(0)));
        }
        if let Some(wait) = batch.waiting {
            return Ok(self.report(wait, now));
        }
        let is_settled = !batch.pause.is_zero();
        Ok(if passed && is_settled { FollowUpdate::Ended } else { FollowUpdate::Nothing })
    }

    fn report(&mut self, wait: FollowWait, now: Timestamp) -> FollowUpdate {
        if now.micros_since(wait.since) < LONG_WAIT_MICROS || self.reported.as_ref() == Some(&wait.at) {
            return FollowUpdate::Nothing;
        }
        self.reported = Some(wait.at.clone());
        FollowUpdate::Waiting(wait)
    }
}
