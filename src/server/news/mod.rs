//! News between instances, over Redis: that something was appended, so that the others look at once.
//!
//! News is a hint and never the thing itself. Whoever hears it asks the store, so a message that is lost or comes
//! twice loses or doubles nothing; and without Redis, or while it is away, the instances look by themselves.
//!
//! - Pub/sub: the channel `esctl:events:STREAM` carries `{"stream","version","position","from"}` after each append.
//! - The Redis Stream `esctl:log` keeps the newest events of the whole store for consumers outside, see [`log`].
//!
//! Both are of one store: another store wants another Redis database, or rather another Redis, since channels
//! are the same in all databases of one.

mod address;
mod link;
pub mod log;
mod message;

pub use address::RedisUrl;
pub use address::RedisUrlError;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::server::metrics::Metrics;
use crate::server::news::link::Link;
use crate::server::news::message::Announcement;
use crate::store::AppendRequest;
use crate::store::Appended;
use crate::store::Observer;
use crate::store::Outcome;
use crate::store::Store;
use crate::store::StoreError;

/// So many announcements wait to be sent; further ones are let go, since others look by themselves before long.
const WAITING: usize = 4096;

/// What is done when the store may have news. Must not wait.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// News of appends, to and from other instances. Cheap to clone.
#[derive(Clone, Default)]
pub struct News(Option<Arc<Bus>>);

struct Bus {
    announcements: mpsc::Sender<Announcement>,
    up: Arc<AtomicBool>,
}

impl News {
    /// No Redis: nothing is announced, nothing is heard.
    pub fn off() -> Self {
        Self::default()
    }

    /// Keeps a connection to Redis, on a task of its own, until the last clone of this is gone. What happens elsewhere
    /// calls `wake`, and so does each new connection: what was said before it, nobody has heard. Within a runtime.
    pub fn start(url: &RedisUrl, store: Store, metrics: Metrics, wake: Wake) -> Self {
        let (announcements, waiting) = mpsc::channel(WAITING);
        let up = Arc::new(AtomicBool::new(false));
        metrics.bus_up(false);
        tokio::spawn(Link::new(url, store, metrics, wake, Arc::clone(&up)).keep(waiting));
        Self(Some(Arc::new(Bus { announcements, up })))
    }

    /// Whether Redis is there; `None` where none is wanted.
    pub fn is_up(&self) -> Option<bool> {
        self.0.as_ref().map(|bus| bus.up.load(Ordering::Relaxed))
    }

    /// Says at any time whether what others append is told here. Keeps nothing alive.
    pub fn tells(&self) -> Box<dyn Fn() -> bool + Send + Sync> {
        let up = self.0.as_ref().map(|bus| Arc::clone(&bus.up));
        Box::new(move || up.as_ref().is_some_and(|up| up.load(Ordering::Relaxed)))
    }

    /// Tells the others of an append. Neither waits nor fails.
    fn announce(&self, announcement: impl FnOnce() -> Announcement) {
        let Some(bus) = &self.0 else { return };
        // While Redis is away nobody hears it, and when it is back everybody asks the store.
        if bus.up.load(Ordering::Relaxed) {
            let _ = bus.announcements.try_send(announcement());
        }
    }
}

impl Observer for News {
    fn appended(&self, append: &AppendRequest, outcome: &Result<Appended, StoreError>, _: Duration) {
        if let Ok(Appended { outcome: Outcome::Applied, events, .. }) = outcome
            && let Some(last) = events.last()
        {
            self.announce(|| Announcement::of(append.stream.clone(), last));
        }
    }
}
