//! The readiness of the server, and the last answer about it.

use std::time::Duration;

use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use utoipa::ToSchema;

/// Time for which an answer is reused. The check needs no token, so callers must not be able to load the store with it.
const GOOD_FOR: Duration = Duration::from_millis(500);

/// The readiness of the server.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(super) struct Ready {
    /// True if the server is ready.
    pub(super) ready: bool,
    /// `ok`, `unavailable`, `slow`, or `replaced` if the store is not the one that this process has worked with.
    pub(super) store: String,
    /// `up` or `away`. Redis is not required to be ready. Absent if no Redis is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) redis: Option<&'static str>,
    /// Projections that are stopped or whose lag exceeds the limit.
    pub(super) projections: Vec<String>,
    /// True if the server has begun to stop.
    pub(super) stopping: bool,
}

/// The last answer and its time.
#[derive(Default)]
pub(super) struct Readiness(Mutex<Option<(Instant, Ready)>>);

impl Readiness {
    /// Returns the last answer, or that of a new check if it is too old. Concurrent requests wait for the same answer.
    pub(super) async fn get_or(&self, check: impl Future<Output = Ready>) -> Ready {
        let mut last = self.0.lock().await;
        match &*last {
            Some((checked_at, ready)) if checked_at.elapsed() < GOOD_FOR => ready.clone(),
            _ => {
                let ready = check.await;
                *last = Some((Instant::now(), ready.clone()));
                ready
            }
        }
    }
}
