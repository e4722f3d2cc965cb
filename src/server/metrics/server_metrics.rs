//! The metrics of a server, and counting in them.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::runtime::Clock;
use crate::server::metrics::families::MetricFamilies;
use crate::server::metrics::labels::RequestLabels;
use crate::server::metrics::sockets::Connected;
use crate::server::metrics::sockets::Direction;
use crate::server::metrics::sockets::Dropped;
use crate::server::metrics::store;
use crate::store::Store;

/// Time for which readings of the store are reused. A scrape needs no token, so callers must not be able to load the
/// store with it.
const GOOD_FOR: Duration = Duration::from_millis(250);

/// The format of [`ServerMetrics::scrape`], for a `Content-Type`.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics of a server. Cheap to clone; all clones share the metrics.
#[derive(Clone)]
pub struct ServerMetrics(pub(super) Arc<MetricsState>);

pub(super) struct MetricsState {
    pub(super) families: MetricFamilies,
    /// The time of the last reading. Holding the lock serializes scrapes, because a reading replaces the previous one.
    read_at: Mutex<Option<Instant>>,
}

impl ServerMetrics {
    /// Creates the metrics of a server over a kind of database.
    pub fn new(backend: &str) -> Self {
        Self(Arc::new(MetricsState {
            families: MetricFamilies::new(env!("CARGO_PKG_VERSION"), backend),
            read_at: Mutex::default(),
        }))
    }

    /// Returns all metrics as text, with current readings of the store. Readings that exceed `limit` are left out,
    /// because an outdated value would look current.
    pub async fn scrape(&self, store: &Store, clock: Clock, limit: Duration) -> String {
        let mut read_at = self.0.read_at.lock().await;
        if read_at.is_none_or(|read_at| read_at.elapsed() > GOOD_FOR) {
            self.0.families.store.set(store::read(store, clock, limit).await);
            *read_at = Some(Instant::now());
        }
        let mut text = String::with_capacity(8192);
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.0.families.registry);
        text
    }

    /// Records the duration of an HTTP request by its route.
    pub fn request(&self, route: &str, status: u16, took: Duration) {
        let labels = RequestLabels { route: route.to_owned(), status };
        self.0.families.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Records the duration of a query of a stream or read model.
    pub fn query(&self, took: Duration) {
        self.0.families.queries.observe(took.as_secs_f64());
    }

    /// Counts events that were folded for a replay.
    pub fn replayed(&self, events: u64) {
        self.0.families.replayed.inc_by(events);
    }

    /// Records whether Redis is available.
    pub fn bus_up(&self, up: bool) {
        self.0.families.bus_up.set(i64::from(up));
    }

    /// Counts a poll of the store that fills a possible gap in the notices.
    pub fn gap_filled(&self) {
        self.0.families.gap_fills.inc();
    }

    /// Counts a new WebSocket client.
    pub fn connected(&self) -> Connected {
        self.0.families.sockets.connect()
    }

    /// Counts messages over a WebSocket.
    pub fn messages(&self, direction: Direction, count: u64) {
        self.0.families.sockets.count(direction, count);
    }

    /// Counts a disconnect by the server.
    pub fn dropped(&self, reason: Dropped) {
        self.0.families.sockets.count_dropped(reason);
    }

    /// Counts events that were sent again to a client that had missed them.
    pub fn resent(&self, events: u64) {
        self.0.families.sockets.count_replayed(events);
    }
}
