//! A topic: the newest events of a followed stream, and its subscribers.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use tokio::sync::Notify;

use crate::event::StreamName;
use crate::event::Version;
use crate::server::live::event::LiveEvent;

/// Maximum number of events and bytes that are kept for subscribers.
pub(super) const MAX_EVENTS: usize = 1024;
pub(super) const MAX_BYTES: usize = 1 << 20;
/// Maximum number of events in one delivery, so that all streams of a client get their turn.
const MAX_DELIVERY: usize = 64;

/// Wakes a client. All subscriptions of a client share one.
pub type Notifier = Arc<Notify>;

/// The newest events of a stream, shared by all subscribers.
pub(super) struct Topic {
    pub(super) stream: StreamName,
    inner: Mutex<Inner>,
}

struct Inner {
    /// Events with consecutive versions.
    events: VecDeque<Arc<LiveEvent>>,
    bytes: usize,
    /// The version of the newest event; 0 if there was none since the topic was created.
    newest: Version,
    /// Number of times that the follower has lost its position. Subscribers then read from the store.
    resets: u64,
    /// Number of quarantines and releases of events of the stream. Each changes the state.
    restated: u64,
    subscribers: HashMap<u64, Arc<Subscriber>>,
    last_number: u64,
}

/// A subscriber of a topic.
pub(super) struct Subscriber {
    number: u64,
    notifier: Notifier,
    /// The version of the last delivered event.
    pub(super) seen: AtomicU64,
}

/// The events that follow a version.
pub(super) enum NextEvents {
    /// The next events.
    Events(Vec<Arc<LiveEvent>>),
    /// The next event is not kept. It is in the store.
    Missed,
    /// There are no later events.
    Nothing,
}

impl Topic {
    pub(super) fn new(stream: StreamName) -> Self {
        let (events, subscribers) = (VecDeque::new(), HashMap::new());
        let inner = Inner { events, bytes: 0, newest: Version::ZERO, resets: 0, restated: 0, subscribers, last_number: 0 };
        Self { stream, inner: Mutex::new(inner) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a subscriber.
    pub(super) fn subscribe(&self, seen: Version, notifier: Notifier) -> Arc<Subscriber> {
        let mut inner = self.inner();
        inner.last_number += 1;
        let number = inner.last_number;
        let subscriber = Arc::new(Subscriber { number, notifier, seen: AtomicU64::new(seen.0) });
        inner.subscribers.insert(number, Arc::clone(&subscriber));
        subscriber
    }

    /// Returns how often the position of the follower was lost.
    pub(super) fn resets(&self) -> u64 {
        self.inner().resets
    }

    /// Returns how often the state has changed by a quarantine or a release.
    pub(super) fn restated(&self) -> u64 {
        self.inner().restated
    }

    /// Records that an event of the stream was quarantined or released, and wakes all subscribers.
    pub(super) fn restate(&self) {
        let mut inner = self.inner();
        inner.restated += 1;
        inner.subscribers.values().for_each(|subscriber| subscriber.notifier.notify_one());
    }

    /// Removes a subscriber. Returns true if none is left.
    pub(super) fn unsubscribe(&self, subscriber: &Subscriber) -> bool {
        let mut inner = self.inner();
        inner.subscribers.remove(&subscriber.number);
        inner.subscribers.is_empty()
    }

    /// Adds the next event, without waking subscribers.
    pub(super) fn push(&self, event: Arc<LiveEvent>) {
        let mut inner = self.inner();
        let follows_on = inner.events.back().is_none_or(|last| last.version().next() == event.version());
        if !follows_on {
            // There is a gap, so subscribers read from the store.
            inner.events.clear();
            inner.bytes = 0;
        }
        inner.newest = event.version();
        inner.bytes += event.bytes();
        inner.events.push_back(event);
    }

    /// Drops events that all subscribers have seen or that exceed the limits, and wakes all subscribers.
    pub(super) fn notify(&self) {
        let mut inner = self.inner();
        let mut least = u64::MAX;
        for subscriber in inner.subscribers.values() {
            least = least.min(subscriber.seen.load(Ordering::Relaxed));
            subscriber.notifier.notify_one();
        }
        while let Some(first) = inner.events.front() {
            let too_much = inner.events.len() > MAX_EVENTS || (inner.bytes > MAX_BYTES && inner.events.len() > 1);
            if first.version().0 > least && !too_much {
                break;
            }
            inner.bytes -= first.bytes();
            inner.events.pop_front();
        }
    }

    /// Drops all events after the position of the follower was lost. Later ones are in the store only.
    pub(super) fn reset(&self) {
        let mut inner = self.inner();
        inner.events.clear();
        inner.bytes = 0;
        // A store that was restored to an earlier state may have fewer events now.
        inner.newest = Version::ZERO;
        inner.resets += 1;
        inner.subscribers.values().for_each(|subscriber| subscriber.notifier.notify_one());
    }

    /// Returns the events after a version. `resets` is the number that the caller knows, and is updated.
    pub(super) fn after(&self, seen: Version, resets: &mut u64) -> NextEvents {
        let inner = self.inner();
        if *resets != inner.resets {
            *resets = inner.resets;
            return NextEvents::Missed;
        }
        if inner.newest <= seen {
            return NextEvents::Nothing;
        }
        let first = inner.events.front().map(|first| first.version());
        match first.and_then(|first| seen.next().0.checked_sub(first.0)) {
            Some(skipped) => {
                // The kept events fit in memory, so the number does not overflow.
                let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
                NextEvents::Events(inner.events.iter().skip(skipped).take(MAX_DELIVERY).cloned().collect())
            }
            None => NextEvents::Missed,
        }
    }
}
