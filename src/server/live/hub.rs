//! The hub: one follower of the store for the whole process, and the streams that somebody follows.

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
use crate::server::live::subscription::Subscription;
use crate::server::live::subscription::from_version;
use crate::server::live::topic::Bell;
use crate::server::live::topic::Topic;
use crate::server::metrics::Metrics;
use crate::store::QUARANTINE_STREAM;
use crate::store::QuarantineRecord;
use crate::store::Scan;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// How many clients may read what they have missed at the same time; commands need the store too.
const READERS: usize = 8;

/// Whether somebody else says that there is news.
pub(super) type Told = Box<dyn Fn() -> bool + Send + Sync>;

/// What is shared by the follower of the store and all who follow streams.
pub(super) struct Hub {
    pub(super) store: Store,
    pub(super) metrics: Metrics,
    /// How long one who has fallen behind the newest events may take to catch up with them.
    pub(super) catch_up: Duration,
    topics: Mutex<HashMap<Box<str>, Arc<Topic>>>,
    readers: Semaphore,
    /// Where the store ends, for those who follow all of it.
    pub(super) head: watch::Sender<Position>,
    /// Rung when there may be news.
    pub(super) news: Notify,
    /// Whether somebody else says that there is news, so that the store need not be asked so often.
    pub(super) told: OnceLock<Told>,
}

impl Hub {
    pub(super) fn new(store: Store, metrics: Metrics, catch_up: Duration) -> Self {
        Self {
            store,
            metrics,
            catch_up,
            topics: Mutex::new(HashMap::new()),
            readers: Semaphore::new(READERS),
            head: watch::Sender::default(),
            news: Notify::new(),
            told: OnceLock::new(),
        }
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<Box<str>, Arc<Topic>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody follows anything.
    pub(super) fn is_idle(&self) -> bool {
        self.topics().is_empty() && self.head.receiver_count() == 0
    }

    pub(super) fn subscribe(self: &Arc<Self>, stream: &StreamName, after: Version, bell: Bell) -> Subscription {
        let mut topics = self.topics();
        if topics.is_empty() {
            self.news.notify_one();
        }
        let topic = topics.entry(stream.as_str().into()).or_insert_with(|| Arc::new(Topic::new(stream.clone())));
        Subscription::new(Arc::clone(self), Arc::clone(topic), after, bell)
    }

    pub(super) fn leave(&self, topic: &Topic, seat: u64) {
        // The table first: nobody can come while it is being decided that nobody is there.
        let mut topics = self.topics();
        if topic.stand_up(seat) {
            topics.remove(topic.stream.as_str());
        }
    }

    /// Hands events to those who follow their streams.
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
        touched.into_iter().for_each(|topic| topic.ring());
    }

    /// Runs something if nobody follows anything, and nobody can begin meanwhile; whether it ran.
    pub(super) fn while_idle(&self, then: impl FnOnce()) -> bool {
        let topics = self.topics();
        if topics.is_empty() {
            then();
        }
        topics.is_empty()
    }

    /// The follower has lost its place: all ask the store.
    pub(super) fn lose_place(&self) {
        self.topics().values().for_each(|topic| topic.lose());
    }

    /// Wakes every subscriber: each of them asks the store and ends with its error.
    pub(super) fn tell_all(&self) {
        self.lose_place();
        self.head.send_modify(|_| {});
    }

    /// Waits until it is one's turn to read from the store.
    pub(super) async fn turn_to_read(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.readers.acquire().await.ok()
    }

    pub(super) fn scan(&self, stream: &StreamName, from: u64, limit: u64) -> Box<Scan> {
        Box::new(self.store.scan_limited(from_version(stream, from), limit))
    }

    /// Where a stream is; 0: it is not there.
    pub(super) async fn version_of(&self, stream: &StreamName) -> Result<Version, StoreError> {
        let version = self.store.stream_version(stream.clone()).await;
        no_store_is_empty(version)
    }

    pub(super) fn is_told(&self) -> bool {
        self.told.get().is_some_and(|told| told())
    }
}

/// Returns the stream whose event was quarantined or released by an event of the reserved stream.
fn restated(event: &EventView<'_>) -> Option<String> {
    let is_of_quarantine = event.stream == QUARANTINE_STREAM;
    is_of_quarantine.then(|| serde_json::from_str::<QuarantineRecord>(event.data).ok().map(|record| record.stream)).flatten()
}
