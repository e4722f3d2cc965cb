//! A subscription to a stream: delivers each event after the last seen one, once and in order.
//!
//! A subscription keeps the version that it has delivered last, and looks for the next one: among the newest events of
//! the topic, or else in the store. So it does not depend on its start, on lost or duplicate notices, or on changes
//! between the two sources.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::Instant;

use crate::event::StreamName;
use crate::event::Version;
use crate::server::live::event::LiveEvent;
use crate::server::live::hub::Hub;
use crate::server::live::topic::NextEvents;
use crate::server::live::topic::Notifier;
use crate::server::live::topic::Subscriber;
use crate::server::live::topic::Topic;
use crate::store::Scan;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// Number of events that are read from the store at once.
const PAGE: u64 = 256;

/// The result of a step of a subscription.
#[derive(Debug)]
pub enum Delivery {
    /// The next events.
    Events(Vec<Arc<LiveEvent>>),
    /// All missed events were delivered. Returned once; the following events are live.
    CaughtUp,
    /// There is nothing to deliver until the notifier is notified.
    Idle,
    /// The subscription was live and has stayed behind the kept events for too long.
    TooSlow,
    /// The last seen event does not exist: it was never appended, or the store was restored to an earlier state.
    BeyondEnd,
}

/// The source of the next event.
enum EventSource {
    /// Missed events in the store.
    Replay { scan: Option<Box<Scan>>, read: u64 },
    /// The newest events of the topic.
    Live,
    /// The store again, since this time.
    Lagging(Instant),
}

/// A subscription to a stream. Dropping it unsubscribes.
pub struct Subscription {
    hub: Arc<Hub>,
    topic: Arc<Topic>,
    subscriber: Arc<Subscriber>,
    resets: u64,
    restated: u64,
    seen: Version,
    /// Set until the last seen event was found in the store.
    unverified: bool,
    source: EventSource,
}

impl Subscription {
    /// Subscribes to a stream after a version.
    pub(super) fn open(hub: &Arc<Hub>, stream: &StreamName, after: Version, notifier: Notifier) -> Self {
        let (topic, subscriber) = hub.subscribe(stream, after, notifier);
        let (resets, restated) = (topic.resets(), topic.restated());
        let source = EventSource::Replay { scan: None, read: 0 };
        let unverified = after > Version::ZERO;
        Self { hub: Arc::clone(hub), topic, subscriber, resets, restated, seen: after, unverified, source }
    }

    /// Returns the stream.
    pub fn stream(&self) -> &StreamName {
        &self.topic.stream
    }

    /// Returns the version of the last delivered event.
    pub fn seen(&self) -> Version {
        self.seen
    }

    /// Begins after a state that was loaded after the subscription was made, so no event was missed.
    pub fn begin_after(&mut self, version: Version) {
        self.reach(version);
        self.unverified = false;
        self.source = EventSource::Live;
    }

    /// Returns true once after each quarantine or release of an event of the stream. The state has then changed without
    /// a new version.
    pub fn take_restated(&mut self) -> bool {
        let restated = self.topic.restated();
        std::mem::replace(&mut self.restated, restated) != restated
    }

    fn reach(&mut self, version: Version) {
        self.seen = version;
        self.subscriber.seen.store(version.0, Ordering::Relaxed);
    }

    /// Returns the next delivery. Never waits for new events.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read. The next call continues at the same version.
    pub async fn step(&mut self) -> Result<Delivery, StoreError> {
        if matches!(self.source, EventSource::Replay { .. }) {
            return Box::pin(self.step_replay()).await;
        }
        match self.topic.after(self.seen, &mut self.resets) {
            NextEvents::Events(events) => {
                self.source = EventSource::Live;
                Ok(self.hand_out(events))
            }
            NextEvents::Nothing if matches!(self.source, EventSource::Live) => Ok(Delivery::Idle),
            _ => Box::pin(self.step_lagging()).await,
        }
    }

    fn hand_out(&mut self, events: Vec<Arc<LiveEvent>>) -> Delivery {
        if let Some(last) = events.last() {
            self.reach(last.version());
        }
        Delivery::Events(events)
    }

    async fn step_replay(&mut self) -> Result<Delivery, StoreError> {
        let EventSource::Replay { scan, read } = &mut self.source else { return Ok(Delivery::Idle) };
        let hub = Arc::clone(&self.hub);
        let _permit = hub.read_permit().await;
        let (mut at, mut count) = match scan.take() {
            Some(scan) => (scan, *read),
            // The last seen event is read as well, to check that it exists.
            None => {
                // Events that were missed by the topic are in the store by now.
                self.resets = self.topic.resets();
                (self.hub.scan(&self.topic.stream, self.seen.0 + u64::from(!self.unverified), PAGE), 0)
            }
        };
        let Some(chunk) = no_store_is_empty(at.next().await)? else {
            if self.unverified {
                return Ok(Delivery::BeyondEnd);
            }
            if count == PAGE {
                // The page was full, so there may be more.
                self.source = EventSource::Replay { scan: None, read: 0 };
                return Ok(Delivery::Events(Vec::new()));
            }
            self.source = EventSource::Live;
            return Ok(Delivery::CaughtUp);
        };
        count += chunk.len() as u64;
        let seen = self.seen;
        let events = chunk.iter().filter(|event| event.version > seen).map(|event| LiveEvent::new(&event)).collect();
        self.unverified = false;
        self.source = EventSource::Replay { scan: Some(at), read: count };
        Ok(self.hand_out(events))
    }

    async fn step_lagging(&mut self) -> Result<Delivery, StoreError> {
        let since = match self.source {
            EventSource::Lagging(since) if since.elapsed() > self.hub.catch_up => return Ok(Delivery::TooSlow),
            EventSource::Lagging(since) => since,
            _ => Instant::now(),
        };
        let hub = Arc::clone(&self.hub);
        let _permit = hub.read_permit().await;
        let mut scan = self.hub.scan(&self.topic.stream, self.seen.0 + 1, PAGE);
        let Some(chunk) = no_store_is_empty(scan.next().await)? else {
            // Nothing was missed, or the store was restored to an earlier state.
            if !matches!(self.source, EventSource::Lagging(_)) && hub.version_of(&self.topic.stream).await? < self.seen {
                return Ok(Delivery::BeyondEnd);
            }
            self.source = EventSource::Live;
            return Ok(Delivery::Idle);
        };
        let events = chunk.iter().map(|event| LiveEvent::new(&event)).collect();
        self.source = EventSource::Lagging(since);
        Ok(self.hand_out(events))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.unsubscribe(&self.topic, &self.subscriber);
    }
}
