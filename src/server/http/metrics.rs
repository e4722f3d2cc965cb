//! `GET /metrics`: the metrics of the server, for Prometheus.

use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use crate::server::Server;
use crate::server::metrics::CONTENT_TYPE;

/// Time limit for the metrics that come from the store. The default time limit of Prometheus is ten seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// Show the metrics, for Prometheus
///
/// Needs no token, because scrapers have none. No metric concerns a single stream. To hide the volume of work, put a
/// proxy in front of the server.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    responses((status = 200, description = "The metrics, in the OpenMetrics format", content_type = "application/openmetrics-text", body = String)),
)]
pub(in crate::server) async fn metrics(State(server): State<Server>) -> impl IntoResponse {
    let text = server.metrics.scrape(&server.store, server.clock.clone(), PATIENCE).await;
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text)
}
