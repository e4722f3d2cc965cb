//! The registration of metrics under their names.

use std::fmt::Debug;

use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Metric;
use prometheus_client::registry::Registry;

/// Upper bounds of durations, in seconds: from 0.1 ms, which SQLite achieves, to 10 s.
const SECONDS: [f64; 16] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

pub(super) fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

/// A registry of metrics.
pub(super) struct MetricRegistry(Registry);

impl MetricRegistry {
    pub(super) fn new(prefix: &str) -> Self {
        Self(Registry::with_prefix(prefix))
    }

    /// Registers a metric under a name, and returns the handle that counts.
    pub(super) fn add<M: Metric + Clone + Debug>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.register(name, help, metric.clone());
        metric
    }

    /// Registers a metric whose value does not change.
    pub(super) fn register(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.0.register(name, help, metric);
    }

    pub(super) fn into_registry(self) -> Registry {
        self.0
    }
}
