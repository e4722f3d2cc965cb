//! One who follows a stream: each event after the one seen last, once and in order.
//!
//! What makes it so is that a subscription knows one thing, the version it has handed out last, and looks for the one after
//! it: among the newest events of its stream, or else in the store. So it does not matter when it began, what was lost or doubled on
//! the way, or how often the sources change.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::Instant;

use crate::event::StreamName;
use crate::event::Version;
use crate::server::live::event::LiveEvent;
use crate::server::live::hub::Hub;
use crate::server::live::topic::Bell;
use crate::server::live::topic::Seat;
use crate::server::live::topic::Taken;
use crate::server::live::topic::Topic;
use crate::store::ReadQuery;
use crate::store::Scan;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// How many events are read from the store at once.
const PAGE: u64 = 256;

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// The next events.
    Events(Vec<Arc<LiveEvent>>),
    /// Everything that was missed has been handed out; said once. From now on it is live.
    CaughtUp,
    /// There is nothing: the bell says when to ask again.
    Idle,
    /// He was live and has fallen behind further than is kept for him, for too long.
    TooSlow,
    /// The event that he has seen last is not there: it never was, or the store was put back to an earlier state.
    NeverWas,
}

/// Where the next event comes from.
enum Source {
    /// From the store, until it has no more.
    Missed { scan: Option<Box<Scan>>, read: u64 },
    /// From the newest events.
    Live,
    /// From the store again, since then.
    Behind(Instant),
}

/// One who follows a stream. Leaves when dropped.
pub struct Subscription {
    hub: Arc<Hub>,
    topic: Arc<Topic>,
    seat: Arc<Seat>,
    number: u64,
    lost: u64,
    restated: u64,
    seen: Version,
    /// Whether the event seen last is still to be found in the store.
    unproven: bool,
    source: Source,
}

impl Subscription {
    pub(super) fn new(hub: Arc<Hub>, topic: Arc<Topic>, after: Version, bell: Bell) -> Self {
        let (number, seat) = topic.sit_down(after, bell);
        let (lost, restated) = (topic.lost(), topic.restated());
        let source = Source::Missed { scan: None, read: 0 };
        Self { hub, topic, seat, number, lost, restated, seen: after, unproven: after > Version::ZERO, source }
    }

    /// Its stream.
    pub fn stream(&self) -> &StreamName {
        &self.topic.stream
    }

    /// The version of the last event it has handed out.
    pub fn seen(&self) -> Version {
        self.seen
    }

    /// Begins after a state that was loaded since this was made: nothing was missed.
    pub fn begin_after(&mut self, version: Version) {
        self.reach(version);
        self.unproven = false;
        self.source = Source::Live;
    }

    /// Returns true once after each quarantine or release of an event of the stream: its state is another one then, although
    /// its version is the same.
    pub fn take_restated(&mut self) -> bool {
        let restated = self.topic.restated();
        std::mem::replace(&mut self.restated, restated) != restated
    }

    fn reach(&mut self, version: Version) {
        self.seen = version;
        self.seat.seen.store(version.0, Ordering::Relaxed);
    }

    /// What comes next. Never waits for events.
    ///
    /// # Errors
    /// As the store says; asked again, it goes on where it was.
    pub async fn step(&mut self) -> Result<Step, StoreError> {
        if matches!(self.source, Source::Missed { .. }) {
            return Box::pin(self.step_missed()).await;
        }
        match self.topic.after(self.seen, &mut self.lost) {
            Taken::Events(events) => {
                self.source = Source::Live;
                Ok(self.hand_out(events))
            }
            Taken::Nothing if matches!(self.source, Source::Live) => Ok(Step::Idle),
            _ => Box::pin(self.step_behind()).await,
        }
    }

    fn hand_out(&mut self, events: Vec<Arc<LiveEvent>>) -> Step {
        if let Some(last) = events.last() {
            self.reach(last.version());
        }
        Step::Events(events)
    }

    async fn step_missed(&mut self) -> Result<Step, StoreError> {
        let Source::Missed { scan, read } = &mut self.source else { return Ok(Step::Idle) };
        let hub = Arc::clone(&self.hub);
        let _turn = hub.turn_to_read().await;
        let (mut at, mut count) = match scan.take() {
            Some(scan) => (scan, *read),
            // The one seen last is asked for as well, as a proof that it was there.
            None => {
                // What was lost before is in the store by now.
                self.lost = self.topic.lost();
                (self.hub.scan(&self.topic.stream, self.seen.0 + u64::from(!self.unproven), PAGE), 0)
            }
        };
        let Some(chunk) = no_store_is_empty(at.next().await)? else {
            if self.unproven {
                return Ok(Step::NeverWas);
            }
            if count == PAGE {
                // The page was full: there may be more.
                self.source = Source::Missed { scan: None, read: 0 };
                return Ok(Step::Events(Vec::new()));
            }
            self.source = Source::Live;
            return Ok(Step::CaughtUp);
        };
        count += chunk.len() as u64;
        let seen = self.seen;
        let events = chunk.iter().filter(|event| event.version > seen).map(|event| LiveEvent::new(&event)).collect();
        self.unproven = false;
        self.source = Source::Missed { scan: Some(at), read: count };
        Ok(self.hand_out(events))
    }

    async fn step_behind(&mut self) -> Result<Step, StoreError> {
        let since = match self.source {
            Source::Behind(since) if since.elapsed() > self.hub.catch_up => return Ok(Step::TooSlow),
            Source::Behind(since) => since,
            _ => Instant::now(),
        };
        let hub = Arc::clone(&self.hub);
        let _turn = hub.turn_to_read().await;
        let mut scan = self.hub.scan(&self.topic.stream, self.seen.0 + 1, PAGE);
        let Some(chunk) = no_store_is_empty(scan.next().await)? else {
            // Nothing was missed at all. Or the store was put back to an earlier state, and what comes next there was seen long ago.
            if !matches!(self.source, Source::Behind(_)) && hub.version_of(&self.topic.stream).await? < self.seen {
                return Ok(Step::NeverWas);
            }
            self.source = Source::Live;
            return Ok(Step::Idle);
        };
        let events = chunk.iter().map(|event| LiveEvent::new(&event)).collect();
        self.source = Source::Behind(since);
        Ok(self.hand_out(events))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.leave(&self.topic, self.number);
    }
}

/// What the store has of a stream from a version on.
pub(super) fn from_version(stream: &StreamName, version: u64) -> ReadQuery {
    ReadQuery::stream(stream.clone()).from(version)
}
