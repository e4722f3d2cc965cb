//! `GET /metrics`: the numbers of the server, for Prometheus.

use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use crate::server::Server;
use crate::server::metrics::CONTENT_TYPE;

/// How long the store may take for what only it knows. Prometheus waits ten seconds unless told.
const PATIENCE: Duration = Duration::from_secs(3);

/// The numbers of the server, for Prometheus
///
/// Needs no token, as scrapers have none. No number tells of a single stream, but who is not to see how much goes on wants a
/// proxy before it.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    responses((status = 200, description = "The numbers, as OpenMetrics", content_type = "application/openmetrics-text", body = String)),
)]
pub(in crate::server) async fn metrics(State(server): State<Server>) -> impl IntoResponse {
    let text = server.metrics.scrape(&server.store, server.clock.clone(), PATIENCE).await;
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text)
}
