//! `GET /health` and `GET /ready`: whether the process is alive and can do its work.
//!
//! Redis is not required. Without it the instances poll the store more often.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::event::escape_unsafe;
use crate::ops::OpsError;
use crate::ops::projections::status::Maintainer;
use crate::ops::projections::status::ProjectionState;
use crate::ops::projections::status::projections_at_a_glance;
use crate::server::Server;
use crate::server::readiness::Ready;

/// Time limit for the store.
const PATIENCE: Duration = Duration::from_secs(5);

/// The liveness of the process.
#[derive(Serialize, ToSchema)]
pub(in crate::server) struct Health {
    #[schema(value_type = String, example = "ok")]
    status: &'static str,
    #[schema(value_type = String)]
    version: &'static str,
}

/// Check that the process is alive
#[utoipa::path(get, path = "/health", tag = "operations", responses((status = 200, description = "Alive", body = Health)))]
pub(in crate::server) async fn health() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// Check that the server can do its work: the store answers, the projections are not far behind, and the server is not
/// stopping
#[utoipa::path(
    get,
    path = "/ready",
    tag = "operations",
    responses((status = 200, description = "Ready", body = Ready), (status = 503, description = "Not ready", body = Ready)),
)]
pub(in crate::server) async fn ready(State(server): State<Server>) -> Response {
    let mut ready = server.readiness.get_or(check(&server)).await;
    ready.stopping = server.is_stopping();
    ready.redis = server.notices.is_up().map(|up| if up { "up" } else { "away" });
    ready.ready &= !ready.stopping;
    let status = if ready.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(ready)).into_response()
}

async fn check(server: &Server) -> Ready {
    let found = tokio::time::timeout(PATIENCE, lagging(server)).await;
    let (store, projections) = match found {
        Ok(Ok(projections)) => ("ok", projections),
        Ok(Err(error)) => {
            tracing::warn!("not ready: {}", escape_unsafe(&error.to_string()));
            let replaced = server.store.check_not_replaced().is_err();
            (if replaced { "replaced" } else { "unavailable" }, Vec::new())
        }
        Err(_) => ("slow", Vec::new()),
    };
    Ready { ready: store == "ok" && projections.is_empty(), store: store.to_owned(), redis: None, projections, stopping: false }
}

/// Returns the projections that are stopped or whose lag exceeds the limit.
async fn lagging(server: &Server) -> Result<Vec<String>, OpsError> {
    let queries = server.queries().await?;
    let statuses = projections_at_a_glance(&server.store, &queries, (server.clock)()).await?;
    // A read model that an application maintains is not brought up to date by this server.
    let own = statuses.into_iter().filter(|status| status.maintained_by == Maintainer::Esctl);
    let wrong = own.filter(|status| {
        let is_stopped = matches!(status.state, ProjectionState::Foreign | ProjectionState::Stopped);
        is_stopped || status.lag_seconds > server.settings.max_lag.as_secs_f64()
    });
    Ok(wrong.map(|status| status.name).collect())
}
