//! What operators watch: numbers in the words of Prometheus, under the names that `GET /metrics` promises.
//!
//! What happens here is counted as it happens. What the store alone knows (its head, its size, how far
//! projections are) is read when somebody asks, and not for longer than a limit. No label holds an id.

mod events;
mod labels;
mod numbers;
mod sockets;
mod store;

pub use sockets::Connected;
pub use sockets::Direction;
pub use sockets::Dropped;

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::runtime::Clock;
use crate::server::metrics::labels::Request;
use crate::server::metrics::numbers::Numbers;
use crate::store::Store;

/// How long an answer of the store is good for. Nobody needs a token to ask, so nobody must be able to keep it busy.
const GOOD_FOR: Duration = Duration::from_millis(250);

/// The format of [`Metrics::scrape`], for a `Content-Type`.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All numbers of a server. Cheap to clone; all clones are the same numbers.
#[derive(Clone)]
pub struct Metrics(Arc<Shared>);

struct Shared {
    numbers: Numbers,
    /// When the store was last asked. One scrape at a time: it replaces what was read before.
    asked: Mutex<Option<Instant>>,
}

impl Metrics {
    /// For a server over a kind of database.
    pub fn new(backend: &str) -> Self {
        Self(Arc::new(Shared { numbers: Numbers::new(env!("CARGO_PKG_VERSION"), backend), asked: Mutex::default() }))
    }

    /// All numbers as text, those of the store as they are now. Where it gives no answer within `limit`, they are left
    /// out: an old number would look like a new one.
    pub async fn scrape(&self, store: &Store, clock: Clock, limit: Duration) -> String {
        let mut asked = self.0.asked.lock().await;
        if asked.is_none_or(|asked| asked.elapsed() > GOOD_FOR) {
            self.0.numbers.store.set(store::read(store, clock, limit).await);
            *asked = Some(Instant::now());
        }
        let mut text = String::with_capacity(8192);
        // Writing into a String cannot fail.
        let _ = encode(&mut text, &self.0.numbers.registry);
        text
    }

    /// An HTTP request was answered; `route` is the pattern it was matched by.
    pub fn request(&self, route: &str, status: u16, took: Duration) {
        let labels = Request { route: route.to_owned(), status };
        self.0.numbers.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// A question to a stream or a read model was answered.
    pub fn query(&self, took: Duration) {
        self.0.numbers.queries.observe(took.as_secs_f64());
    }

    /// So many events were folded to show what something was like.
    pub fn replayed(&self, events: u64) {
        self.0.numbers.replayed.inc_by(events);
    }

    /// Redis is there, or away.
    pub fn bus_up(&self, up: bool) {
        self.0.numbers.bus_up.set(i64::from(up));
    }

    /// The store was asked for what Redis may not have told.
    pub fn gap_filled(&self) {
        self.0.numbers.gap_fills.inc();
    }
}
