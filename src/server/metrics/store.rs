//! The numbers that only the store knows: read when somebody asks for them.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::event::Position;
use crate::ops::projections::status::ProjectionState;
use crate::ops::projections::status::ProjectionStatus;
use crate::ops::projections::status::projection_status;
use crate::ops::projections::status::projections_at_a_glance;
use crate::runtime::Clock;
use crate::runtime::QueryBus;
use crate::server::metrics::labels::Projection;
use crate::server::metrics::labels::ProjectionIn;
use crate::server::metrics::labels::Unlabelled;
use crate::server::metrics::numbers::Names;
use crate::store::Store;
use crate::store::no_store_is_empty;

/// One number, which is left out while nobody knows it.
type Known<G> = Family<Unlabelled, G>;

/// The numbers.
pub(super) struct StoreNumbers {
    head: Known<Gauge>,
    size: Known<Gauge>,
    quarantined: Known<Gauge>,
    position: Family<Projection, Gauge>,
    lag_events: Family<Projection, Gauge>,
    lag_seconds: Family<Projection, Gauge<f64, AtomicU64>>,
    state: Family<ProjectionIn, Gauge>,
    parked: Family<Projection, Gauge>,
}

/// What was read; `None`: no answer in time.
#[derive(Default)]
pub(super) struct Found {
    head: Option<Position>,
    size: Option<u64>,
    quarantined: Option<u64>,
    projections: Vec<ProjectionStatus>,
}

/// Asks for everything at once, each within the limit.
pub(super) async fn read(store: &Store, clock: Clock, limit: Duration) -> Found {
    let head = async { no_store_is_empty(store.head().await).map(|head| head.position) };
    let size = async { no_store_is_empty(store.size_bytes().await) };
    let quarantined = async { no_store_is_empty(store.quarantine().await).map(|quarantine| quarantine.len() as u64) };
    let projections = async {
        let queries = QueryBus::open(store.clone(), clock.clone()).await?;
        match tokio::time::timeout(limit / 2, projection_status(store, &queries, None, clock())).await {
            Ok(statuses) => statuses,
            // With many streams that are parked a close look takes long, and just then the rest is wanted.
            Err(_) => projections_at_a_glance(store, &queries, clock()).await,
        }
    };
    let (head, size, quarantined, projections) = tokio::join!(
        tokio::time::timeout(limit, head),
        tokio::time::timeout(limit, size),
        tokio::time::timeout(limit, quarantined),
        tokio::time::timeout(limit, projections)
    );
    let in_time = |late| tracing::debug!(%late, "the store gave no answer to a scrape in time");
    Found {
        head: head.map_err(in_time).ok().and_then(Result::ok),
        size: size.map_err(in_time).ok().and_then(Result::ok),
        quarantined: quarantined.map_err(in_time).ok().and_then(Result::ok),
        projections: projections.map_err(in_time).ok().and_then(Result::ok).unwrap_or_default(),
    }
}

impl StoreNumbers {
    pub(super) fn new(names: &mut Names) -> Self {
        Self {
            head: names.add("store_head_position", "The position of the last event", Family::default()),
            size: names.add("store_size_bytes", "Bytes of the store with its indexes and read models", Family::default()),
            quarantined: names.add("quarantined_events", "Events that every state and read model leaves out", Family::default()),
            position: names.add("projection_position", "The last position a projection has taken in", Family::default()),
            lag_events: names.add(
                "projection_lag_events",
                "Positions between a projection and the head, and the events it holds back",
                Family::default(),
            ),
            lag_seconds: names.add(
                "projection_lag_seconds",
                "Seconds since the oldest event that a projection wants and has not taken in",
                Family::default(),
            ),
            state: names.add("projection_state", "What a projection is: 1 for its state, 0 for the others", Family::default()),
            parked: names.add(
                "projection_parked_events",
                "Events that a projection has put aside: those that it cannot take in, and the later ones of their streams",
                Family::default(),
            ),
        }
    }

    /// Shows what was found and nothing else.
    pub(super) fn set(&self, found: Found) {
        self.head.clear();
        self.size.clear();
        self.quarantined.clear();
        self.position.clear();
        self.lag_events.clear();
        self.lag_seconds.clear();
        self.state.clear();
        self.parked.clear();
        if let Some(head) = found.head {
            self.head.get_or_create(&Unlabelled {}).set(number(head.0));
        }
        if let Some(size) = found.size {
            self.size.get_or_create(&Unlabelled {}).set(number(size));
        }
        if let Some(quarantined) = found.quarantined {
            self.quarantined.get_or_create(&Unlabelled {}).set(number(quarantined));
        }
        found.projections.iter().for_each(|status| self.set_projection(status));
    }

    fn set_projection(&self, status: &ProjectionStatus) {
        let of = Projection { projection: status.name.clone() };
        self.position.get_or_create(&of).set(number(status.position.0));
        self.lag_events.get_or_create(&of).set(number(status.lag_events));
        self.lag_seconds.get_or_create(&of).set(status.lag_seconds);
        self.parked.get_or_create(&of).set(number(status.held_back_events));
        for state in ProjectionState::ALL {
            let labels = ProjectionIn { projection: status.name.clone(), state: state.name() };
            self.state.get_or_create(&labels).set(i64::from(status.state == state));
        }
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
