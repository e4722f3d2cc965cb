//! The numbers themselves, under their names. Those names are a promise.

use std::fmt::Debug;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Metric;
use prometheus_client::registry::Registry;

use crate::server::metrics::labels::Answered;
use crate::server::metrics::labels::Build;
use crate::server::metrics::labels::Category;
use crate::server::metrics::labels::Reason;
use crate::server::metrics::labels::Request;
use crate::server::metrics::sockets::Sockets;
use crate::server::metrics::store::StoreNumbers;

/// Upper bounds of times, in seconds: from a tenth of a millisecond, which SQLite can do, to what nobody waits for.
const SECONDS: [f64; 16] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

pub(super) fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

/// Times by route and status.
pub(super) type Requests = Family<Request, Histogram, fn() -> Histogram>;

/// All numbers, and the registry that shows them.
pub(super) struct Numbers {
    pub(super) registry: Registry,
    pub(super) appended: Family<Category, Counter>,
    pub(super) append_seconds: Histogram,
    pub(super) conflicts: Family<Reason, Counter>,
    pub(super) outcome_unknown: Counter,
    pub(super) commands: Family<Answered, Counter>,
    pub(super) command_seconds: Histogram,
    pub(super) queries: Histogram,
    pub(super) replayed: Counter,
    pub(super) snapshots: Counter,
    pub(super) bus_up: Gauge,
    pub(super) gap_fills: Counter,
    pub(super) requests: Requests,
    pub(super) sockets: Sockets,
    pub(super) store: StoreNumbers,
}

/// A registry into which numbers are put with their names.
pub(super) struct Names(Registry);

impl Names {
    /// Registers a number; it is counted in a clone of what is shown.
    pub(super) fn add<M: Metric + Clone + Debug>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }
}

impl Numbers {
    pub(super) fn new(version: &str, backend: &str) -> Self {
        let mut names = Names(Registry::with_prefix("esctl"));
        // Counters are shown with `_total` behind their names, and the build with `_info`.
        let build = Build { version: version.to_owned(), backend: backend.to_owned() };
        names.0.register("build", "What runs here", Info::new(build));
        Self {
            appended: names.add("events_appended", "Events recorded through this server", Family::default()),
            append_seconds: names.add("append_duration_seconds", "How long appends took", seconds()),
            conflicts: names.add("append_conflicts", "Appends of commands that met a conflict, by its reason", conflicts()),
            outcome_unknown: names.add(
                "append_outcome_unknown",
                "Appends of which nobody knows whether they were made",
                Counter::default(),
            ),
            commands: names.add("commands", "Commands, by what became of them", Family::default()),
            command_seconds: names.add("command_duration_seconds", "How long commands took", seconds()),
            queries: names.add("query_duration_seconds", "How long questions to streams and read models took", seconds()),
            replayed: names.add("replay_events", "Events folded to show what something was like", Counter::default()),
            snapshots: names.add("snapshots", "Snapshots taken", Counter::default()),
            bus_up: names.add("bus_up", "Whether Redis is there: 1, or 0", Gauge::default()),
            gap_fills: names.add(
                "bus_gap_fills",
                "How often the store was asked for what Redis may not have told",
                Counter::default(),
            ),
            requests: names.add(
                "http_request_duration_seconds",
                "How long HTTP requests took, by the pattern of their route and the status of their answer",
                Requests::new_with_constructor(seconds),
            ),
            sockets: Sockets::new(&mut names),
            store: StoreNumbers::new(&mut names),
            registry: names.0,
        }
    }
}

/// All reasons from the start: a number that appears only when it is needed cannot be watched before.
fn conflicts() -> Family<Reason, Counter> {
    let conflicts: Family<Reason, Counter> = Family::default();
    for reason in ["version", "id", "contention"] {
        conflicts.get_or_create_owned(&Reason { reason });
    }
    conflicts
}
