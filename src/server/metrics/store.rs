//! Metrics of the store, read on request.

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
use crate::server::metrics::labels::ProjectionLabel;
use crate::server::metrics::labels::ProjectionStateLabels;
use crate::server::metrics::labels::Unlabelled;
use crate::server::metrics::registry::MetricRegistry;
use crate::store::Store;
use crate::store::no_store_is_empty;

/// A metric that is left out while its value is unknown.
type OptionalMetric<G> = Family<Unlabelled, G>;

/// The metrics of the store.
pub(super) struct StoreMetrics {
    head: OptionalMetric<Gauge>,
    size: OptionalMetric<Gauge>,
    quarantined: OptionalMetric<Gauge>,
    position: Family<ProjectionLabel, Gauge>,
    lag_events: Family<ProjectionLabel, Gauge>,
    lag_seconds: Family<ProjectionLabel, Gauge<f64, AtomicU64>>,
    state: Family<ProjectionStateLabels, Gauge>,
    parked: Family<ProjectionLabel, Gauge>,
}

/// Readings of the store. `None` if there was no answer in time.
#[derive(Default)]
pub(super) struct StoreReadings {
    head: Option<Position>,
    size: Option<u64>,
    quarantined: Option<u64>,
    projections: Vec<ProjectionStatus>,
}

/// Reads all values at once, each within the time limit.
pub(super) async fn read(store: &Store, clock: Clock, limit: Duration) -> StoreReadings {
    let head = async { no_store_is_empty(store.head().await).map(|head| head.position) };
    let size = async { no_store_is_empty(store.size_bytes().await) };
    let quarantined = async { no_store_is_empty(store.quarantine().await).map(|quarantine| quarantine.len() as u64) };
    let projections = async {
        let queries = QueryBus::open(store.clone(), clock.clone()).await?;
        match tokio::time::timeout(limit / 2, projection_status(store, &queries, None, clock())).await {
            Ok(statuses) => statuses,
            // With many parked streams the full status takes long, and the other values are then needed most.
            Err(_) => projections_at_a_glance(store, &queries, clock()).await,
        }
    };
    let (head, size, quarantined, projections) = tokio::join!(
        tokio::time::timeout(limit, head),
        tokio::time::timeout(limit, size),
        tokio::time::timeout(limit, quarantined),
        tokio::time::timeout(limit, projections)
    );
    let in_time = |late| tracing::debug!(%late, "store timed out during a scrape");
    StoreReadings {
        head: head.map_err(in_time).ok().and_then(Result::ok),
        size: size.map_err(in_time).ok().and_then(Result::ok),
        quarantined: quarantined.map_err(in_time).ok().and_then(Result::ok),
        projections: projections.map_err(in_time).ok().and_then(Result::ok).unwrap_or_default(),
    }
}

impl StoreMetrics {
    pub(super) fn new(registry: &mut MetricRegistry) -> Self {
        Self {
            head: registry.add("store_head_position", "Position of the head", Family::default()),
            size: registry.add(
                "store_size_bytes",
                "Size of the store with its indexes and read models, in bytes",
                Family::default(),
            ),
            quarantined: registry.add("quarantined_events", "Quarantined events", Family::default()),
            position: registry.add("projection_position", "Checkpoint of a projection", Family::default()),
            lag_events: registry.add(
                "projection_lag_events",
                "Events between the checkpoint of a projection and the head, held-back events included",
                Family::default(),
            ),
            lag_seconds: registry.add(
                "projection_lag_seconds",
                "Seconds since the oldest matching event that a projection has not applied",
                Family::default(),
            ),
            state: registry.add(
                "projection_state",
                "State of a projection: 1 for the current state, 0 for the others",
                Family::default(),
            ),
            parked: registry.add(
                "projection_parked_events",
                "Events that a projection holds back: failed events and the later events of their streams",
                Family::default(),
            ),
        }
    }

    /// Shows these readings and no older ones.
    pub(super) fn set(&self, found: StoreReadings) {
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
        let of = ProjectionLabel { projection: status.name.clone() };
        self.position.get_or_create(&of).set(number(status.position.0));
        self.lag_events.get_or_create(&of).set(number(status.lag_events));
        self.lag_seconds.get_or_create(&of).set(status.lag_seconds);
        self.parked.get_or_create(&of).set(number(status.held_back_events));
        for state in ProjectionState::ALL {
            let labels = ProjectionStateLabels { projection: status.name.clone(), state: state.name() };
            self.state.get_or_create(&labels).set(i64::from(status.state == state));
        }
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
