//! Notices between instances, over Redis: a stream has new events.
//!
//! A notice has no content that counts. Its receiver reads the store, so a lost or duplicate message loses or
//! duplicates no event. Without Redis, or while it is unavailable, the instances poll the store.
//!
//! - Pub/sub: the channel `esctl:events:STREAM` carries `{"stream","version","position","from"}` after each append.
//! - The Redis Stream `esctl:log` keeps the newest events of the whole store for other consumers, see [`log`].
//!
//! Both belong to one store. Another store needs another Redis server, because all databases of a server share their
//! channels.

mod address;
pub mod log;
mod message;
mod redis_connection;

pub use address::RedisUrl;
pub use address::RedisUrlError;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::server::metrics::ServerMetrics;
use crate::server::notices::message::Notice;
use crate::server::notices::redis_connection::RedisConnection;
use crate::server::notices::redis_connection::Wake;
use crate::store::AppendRequest;
use crate::store::Appended;
use crate::store::Observer;
use crate::store::Outcome;
use crate::store::Store;
use crate::store::StoreError;

/// Maximum number of notices that wait to be sent. Further ones are dropped, because the other instances poll the
/// store.
const WAITING: usize = 4096;

/// The notices to and from other instances. Cheap to clone.
#[derive(Clone, Default)]
pub struct Notices(Option<Arc<Bus>>);

struct Bus {
    notices: mpsc::Sender<Notice>,
    up: Arc<AtomicBool>,
}

impl Notices {
    /// Returns notices without Redis: nothing is sent or received.
    pub fn off() -> Self {
        Self::default()
    }

    /// Starts a task that keeps a connection to Redis until the last clone is dropped, within a Tokio runtime. A notice
    /// from another instance calls `wake`. So does each new connection, because earlier notices were not received.
    pub fn start(url: &RedisUrl, store: Store, metrics: ServerMetrics, wake: Wake) -> Self {
        let (notices, waiting) = mpsc::channel(WAITING);
        let up = Arc::new(AtomicBool::new(false));
        metrics.bus_up(false);
        tokio::spawn(RedisConnection::new(url, store, metrics, wake, Arc::clone(&up)).run(waiting));
        Self(Some(Arc::new(Bus { notices, up })))
    }

    /// Returns true if Redis is connected; `None` if none is configured.
    pub fn is_up(&self) -> Option<bool> {
        self.0.as_ref().map(|bus| bus.up.load(Ordering::Relaxed))
    }

    /// Returns a function that tells at any time whether notices arrive. It does not keep the connection open.
    pub fn availability(&self) -> Box<dyn Fn() -> bool + Send + Sync> {
        let up = self.0.as_ref().map(|bus| Arc::clone(&bus.up));
        Box::new(move || up.as_ref().is_some_and(|up| up.load(Ordering::Relaxed)))
    }

    /// Sends a notice of an append. Neither blocks nor fails.
    fn announce(&self, notice: impl FnOnce() -> Notice) {
        let Some(bus) = &self.0 else { return };
        // Without a connection there are no receivers. After a reconnect every instance reads the store.
        if bus.up.load(Ordering::Relaxed) {
            let _ = bus.notices.try_send(notice());
        }
    }
}

impl Observer for Notices {
    fn appended(&self, append: &AppendRequest, outcome: &Result<Appended, StoreError>, _: Duration) {
        if let Ok(Appended { outcome: Outcome::Applied, events, .. }) = outcome
            && let Some(last) = events.last()
        {
            self.announce(|| Notice::of(append.stream.clone(), last));
        }
    }
}
