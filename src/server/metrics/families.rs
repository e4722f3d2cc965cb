//! The metrics and their names. The names are stable.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::server::metrics::labels::BuildLabels;
use crate::server::metrics::labels::CategoryLabel;
use crate::server::metrics::labels::CommandLabels;
use crate::server::metrics::labels::ReasonLabel;
use crate::server::metrics::labels::RequestLabels;
use crate::server::metrics::registry::MetricRegistry;
use crate::server::metrics::registry::seconds;
use crate::server::metrics::sockets::SocketMetrics;
use crate::server::metrics::store::StoreMetrics;

/// Durations by route and status.
pub(super) type Requests = Family<RequestLabels, Histogram, fn() -> Histogram>;

/// All metrics and the registry that shows them.
pub(super) struct MetricFamilies {
    pub(super) registry: Registry,
    pub(super) appended: Family<CategoryLabel, Counter>,
    pub(super) append_seconds: Histogram,
    pub(super) conflicts: Family<ReasonLabel, Counter>,
    pub(super) outcome_unknown: Counter,
    pub(super) commands: Family<CommandLabels, Counter>,
    pub(super) command_seconds: Histogram,
    pub(super) queries: Histogram,
    pub(super) replayed: Counter,
    pub(super) snapshots: Counter,
    pub(super) bus_up: Gauge,
    pub(super) gap_fills: Counter,
    pub(super) requests: Requests,
    pub(super) sockets: SocketMetrics,
    pub(super) store: StoreMetrics,
}

impl MetricFamilies {
    pub(super) fn new(version: &str, backend: &str) -> Self {
        let mut registry = MetricRegistry::new("esctl");
        // The exporter adds `_total` to counters and `_info` to the build.
        let build = BuildLabels { version: version.to_owned(), backend: backend.to_owned() };
        registry.register("build", "Version and backend of the server", Info::new(build));
        Self {
            appended: registry.add("events_appended", "Events recorded through this server", Family::default()),
            append_seconds: registry.add("append_duration_seconds", "Duration of appends", seconds()),
            conflicts: registry.add("append_conflicts", "Conflicts of commands, by reason", conflicts()),
            outcome_unknown: registry.add("append_outcome_unknown", "Appends with unknown outcome", Counter::default()),
            commands: registry.add("commands", "Commands, by outcome", Family::default()),
            command_seconds: registry.add("command_duration_seconds", "Duration of commands", seconds()),
            queries: registry.add("query_duration_seconds", "Duration of queries of streams and read models", seconds()),
            replayed: registry.add("replay_events", "Events folded for replays", Counter::default()),
            snapshots: registry.add("snapshots", "Snapshots taken", Counter::default()),
            bus_up: registry.add("bus_up", "1 if Redis is available, else 0", Gauge::default()),
            gap_fills: registry.add(
                "bus_gap_fills",
                "Polls of the store to fill possible gaps in the notices of Redis",
                Counter::default(),
            ),
            requests: registry.add(
                "http_request_duration_seconds",
                "Duration of HTTP requests, by route and status",
                Requests::new_with_constructor(seconds),
            ),
            sockets: SocketMetrics::new(&mut registry),
            store: StoreMetrics::new(&mut registry),
            registry: registry.into_registry(),
        }
    }
}

/// All reasons exist from the start, so that an alert can refer to them before the first conflict.
fn conflicts() -> Family<ReasonLabel, Counter> {
    let conflicts: Family<ReasonLabel, Counter> = Family::default();
    for reason in ["version", "id", "contention"] {
        conflicts.get_or_create_owned(&ReasonLabel { reason });
    }
    conflicts
}
