//! Metrics for operators in the format of Prometheus, under the names that `GET /metrics` documents.
//!
//! Events in the server are counted as they happen. Metrics of the store (head, size, progress of projections) are read
//! on request, within a time limit. No label holds an id.

mod events;
mod families;
mod labels;
mod registry;
mod server_metrics;
mod sockets;
mod store;

pub use server_metrics::CONTENT_TYPE;
pub use server_metrics::ServerMetrics;
pub use sockets::Connected;
pub use sockets::Direction;
pub use sockets::Dropped;
