//! The hub: one follower of the store for the whole process, and the topics of all followed streams.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::Semaphore;
use tokio::sync::SemaphorePermit;
use tokio::sync::watch;

use crate::event::EventChunk;
use crate::event::EventView;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::server::live::event::LiveEvent;
use crate::server::live::topic::Notifier;
use crate::server::live::topic::Subscriber;
use crate::server::live::topic::Topic;
use crate::server::metrics::ServerMetrics;
use crate::store::QUARANTINE_STREAM;
use crate::store::QuarantineRecord;
use crate::store::ReadQuery;
use crate::store::Scan;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// Maximum number of clients that read missed events at the same time. Commands need the store too.
const READERS: usize = 8;

/// Returns true while notices of other instances arrive.
pub(super) type NoticesAvailable = Box<dyn Fn() -> bool + Send + Sync>;

/// The state that the follower of the store shares with all subscriptions.
pub(super) struct Hub {
    pub(super) store: Store,
    pub(super) metrics: ServerMetrics,
    /// Time for which a subscription may stay behind the newest events.
    pub(super) catch_up: Duration,
    topics: Mutex<HashMap<Box<str>, Arc<Topic>>>,
    readers: Semaphore,
    /// The head of the store, for clients that follow the whole store.
    pub(super) head: watch::Sender<Position>,
    /// Notified if the store may have new events.
    pub(super) wakeup: Notify,
    /// Tells whether notices of other instances arrive, so that the store is polled less often.
    pub(super) notices_available: OnceLock<NoticesAvailable>,
}

impl Hub {
    pub(super) fn new(store: Store, metrics: ServerMetrics, catch_up: Duration) -> Self {
        Self {
            store,
            metrics,
            catch_up,
            topics: Mutex::new(HashMap::new()),
            readers: Semaphore::new(READERS),
            head: watch::Sender::default(),
            wakeup: Notify::new(),
            notices_available: OnceLock::new(),
        }
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<Box<str>, Arc<Topic>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns true if nothing is followed.
    pub(super) fn is_idle(&self) -> bool {
        self.topics().is_empty() && self.head.receiver_count() == 0
    }

    /// Adds a subscriber to the topic of a stream.
    pub(super) fn subscribe(&self, stream: &StreamName, after: Version, notifier: Notifier) -> (Arc<Topic>, Arc<Subscriber>) {
        let mut topics = self.topics();
        if topics.is_empty() {
            self.wakeup.notify_one();
        }
        let topic = topics.entry(stream.as_str().into()).or_insert_with(|| Arc::new(Topic::new(stream.clone())));
        (Arc::clone(topic), topic.subscribe(after, notifier))
    }

    /// Removes a subscriber from its topic, and the topic after its last subscriber.
    pub(super) fn unsubscribe(&self, topic: &Topic, subscriber: &Subscriber) {
        // Locks the table first, so that no client can subscribe while the last one leaves.
        let mut topics = self.topics();
        if topic.unsubscribe(subscriber) {
            topics.remove(topic.stream.as_str());
        }
    }

    /// Publishes events to the topics of their streams.
    pub(super) fn publish(&self, chunk: &EventChunk) {
        let topics = self.topics();
        let mut touched: Vec<&Arc<Topic>> = Vec::new();
        for event in chunk.iter() {
            if let Some(topic) = restated(&event).and_then(|stream| topics.get(stream.as_str())) {
                topic.restate();
            }
            let Some(topic) = topics.get(event.stream) else { continue };
            topic.push(LiveEvent::new(&event));
            if touched.last().is_none_or(|last| !Arc::ptr_eq(last, topic)) {
                touched.push(topic);
            }
        }
        touched.sort_unstable_by_key(|topic| Arc::as_ptr(topic));
        touched.dedup_by(|a, b| Arc::ptr_eq(a, b));
        touched.into_iter().for_each(|topic| topic.notify());
    }

    /// Runs a function if no stream is followed, with the table locked. Returns true if it ran.
    pub(super) fn while_idle(&self, then: impl FnOnce()) -> bool {
        let topics = self.topics();
        if topics.is_empty() {
            then();
        }
        topics.is_empty()
    }

    /// Makes all subscriptions read from the store, after the position of the follower was lost.
    pub(super) fn reset(&self) {
        self.topics().values().for_each(|topic| topic.reset());
    }

    /// Wakes every subscriber. Each of them reads the store and ends with its error.
    pub(super) fn wake_all(&self) {
        self.reset();
        self.head.send_modify(|_| {});
    }

    /// Waits for permission to read missed events from the store.
    pub(super) async fn read_permit(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.readers.acquire().await.ok()
    }

    pub(super) fn scan(&self, stream: &StreamName, from: u64, limit: u64) -> Box<Scan> {
        Box::new(self.store.scan_limited(ReadQuery::stream(stream.clone()).from(from), limit))
    }

    /// Returns the version of a stream; 0 if there is none.
    pub(super) async fn version_of(&self, stream: &StreamName) -> Result<Version, StoreError> {
        let version = self.store.stream_version(stream.clone()).await;
        no_store_is_empty(version)
    }

    pub(super) fn has_notices(&self) -> bool {
        self.notices_available.get().is_some_and(|notices_available| notices_available())
    }
}

/// Returns the stream whose event was quarantined or released by an event of the reserved stream.
fn restated(event: &EventView<'_>) -> Option<String> {
    let is_of_quarantine = event.stream == QUARANTINE_STREAM;
    is_of_quarantine.then(|| serde_json::from_str::<QuarantineRecord>(event.data).ok().map(|record| record.stream)).flatten()
}
