//! `GET /health` and `GET /ready`: is the process alive, and can it do its work.
//!
//! Without Redis it can: instances then look at the store more often.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::event::escape_unsafe;
use crate::ops::OpsError;
use crate::ops::projections::status::Maintainer;
use crate::ops::projections::status::ProjectionState;
use crate::ops::projections::status::projections_at_a_glance;
use crate::server::Server;

/// How long an answer is good for. Nobody needs a token to ask, so nobody must be able to keep the store busy with it.
const GOOD_FOR: Duration = Duration::from_millis(500);
/// How long the store may take for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the process is alive.
#[derive(Serialize, ToSchema)]
pub(in crate::server) struct Health {
    #[schema(value_type = String, example = "ok")]
    status: &'static str,
    #[schema(value_type = String)]
    version: &'static str,
}

/// Whether the server can do its work.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(in crate::server) struct Ready {
    /// Whether it can.
    ready: bool,
    /// `ok`, `unavailable`, `slow`, or `replaced`: the store is not the one that this process has worked with.
    store: String,
    /// `up`, or `away`, which is no reason not to be ready: the store is enough. Only where there is to be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    redis: Option<&'static str>,
    /// Projections that are further behind than they may be, or that stand still.
    projections: Vec<String>,
    /// Whether it has begun to stop.
    stopping: bool,
}

/// The last answer, and when it was found.
#[derive(Default)]
pub(in crate::server) struct Readiness(Mutex<Option<(Instant, Ready)>>);

/// Is the process alive
#[utoipa::path(get, path = "/health", tag = "operations", responses((status = 200, description = "It is", body = Health)))]
pub(in crate::server) async fn health() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// Can the server do its work: the store answers, the projections are not far behind, it is not about to stop
#[utoipa::path(
    get,
    path = "/ready",
    tag = "operations",
    responses((status = 200, description = "It can", body = Ready), (status = 503, description = "It cannot", body = Ready)),
)]
pub(in crate::server) async fn ready(State(server): State<Server>) -> Response {
    let ready = server.readiness.ask(&server).await;
    let status = if ready.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(ready)).into_response()
}

impl Readiness {
    async fn ask(&self, server: &Server) -> Ready {
        // Whoever asks meanwhile waits for the same answer.
        let mut last = self.0.lock().await;
        let mut ready = match &*last {
            Some((found, ready)) if found.elapsed() < GOOD_FOR => ready.clone(),
            _ => {
                let ready = look(server).await;
                *last = Some((Instant::now(), ready.clone()));
                ready
            }
        };
        ready.stopping = server.is_stopping();
        ready.redis = server.news.is_up().map(|up| if up { "up" } else { "away" });
        ready.ready &= !ready.stopping;
        ready
    }
}

async fn look(server: &Server) -> Ready {
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

/// The projections that are further behind than they may be, or stand still.
async fn lagging(server: &Server) -> Result<Vec<String>, OpsError> {
    let queries = server.queries().await?;
    let statuses = projections_at_a_glance(&server.store, &queries, (server.clock)()).await?;
    // What an application maintains is not for this server to bring up to date.
    let own = statuses.into_iter().filter(|status| status.maintained_by == Maintainer::Esctl);
    let wrong = own.filter(|status| {
        let stands = matches!(status.state, ProjectionState::Foreign | ProjectionState::Stopped);
        stands || status.lag_seconds > server.settings.max_lag.as_secs_f64()
    });
    Ok(wrong.map(|status| status.name).collect())
}
