//! The live events of a process: starting the follower, subscribing to streams, and counting clients.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::server::live::follower;
use crate::server::live::hub::Hub;
use crate::server::live::subscription::Subscription;
use crate::server::live::topic::Notifier;
use crate::server::metrics::ServerMetrics;
use crate::store::AppendRequest;
use crate::store::Appended;
use crate::store::Observer;
use crate::store::Store;
use crate::store::StoreError;

/// The slot of a connected client. A stopping server waits for it.
pub(in crate::server) type ClientSlot = (Client, TaskTrackerToken);

/// The live events of this process. Cheap to clone. The follower stops when the last clone is dropped.
#[derive(Clone)]
pub struct LiveEvents {
    hub: Arc<Hub>,
    /// Number of connected clients.
    clients: Arc<AtomicUsize>,
}

/// A connected client. Counted until it is dropped.
pub struct Client(Arc<AtomicUsize>);

impl LiveEvents {
    /// Starts to follow a store, within a Tokio runtime. `patience` limits how long a client may stay behind the newest
    /// events.
    pub fn start(store: Store, metrics: ServerMetrics, patience: Duration) -> Self {
        let hub = Arc::new(Hub::new(store, metrics, patience));
        tokio::spawn(follower::follow(Arc::downgrade(&hub)));
        Self { hub, clients: Arc::default() }
    }

    /// Makes the follower read the store at once. A missed call only adds latency.
    pub fn wake(&self) {
        self.hub.wakeup.notify_one();
    }

    /// Sets the function that tells whether notices of other instances arrive through [`LiveEvents::wake`]. While they do,
    /// the store is polled less often. May be called once.
    pub fn rely_on_notices(&self, has_notices: impl Fn() -> bool + Send + Sync + 'static) {
        let _ = self.hub.notices_available.set(Box::new(has_notices));
    }

    /// Subscribes to a stream after a version. The stream need not exist yet. The notifier is notified if there is
    /// something to deliver.
    pub fn subscribe(&self, stream: &StreamName, after: Version, notifier: Notifier) -> Subscription {
        Subscription::open(&self.hub, stream, after, notifier)
    }

    /// Returns the known head of the store, for clients that follow the whole store.
    pub fn head(&self) -> watch::Receiver<Position> {
        // The store was polled rarely while nothing was followed.
        self.wake();
        self.hub.head.subscribe()
    }

    /// Counts a new client. `None` if the maximum number is reached.
    pub fn enter(&self, max: usize) -> Option<Client> {
        let room = |clients: usize| (clients < max).then_some(clients + 1);
        let entered = self.clients.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room);
        entered.ok().map(|_| Client(Arc::clone(&self.clients)))
    }
}

impl Observer for LiveEvents {
    fn appended(&self, _: &AppendRequest, outcome: &Result<Appended, StoreError>, _: Duration) {
        if outcome.is_ok() {
            self.wake();
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
