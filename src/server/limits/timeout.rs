//! Time limit of a request.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::extract::Request;
use axum::extract::State;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use tokio::time::Instant;

use crate::server::HttpProblem;
use crate::server::Server;

/// The time by which a request must be answered. It covers reading the body and sending the command.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Deadline(pub(in crate::server) Instant);

impl FromRequestParts<Server> for Deadline {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or_else(|| server.deadline()))
    }
}

impl Server {
    /// Returns the deadline of a request that begins now.
    pub(in crate::server) fn deadline(&self) -> Deadline {
        Deadline(Instant::now() + self.settings.request_timeout)
    }
}

/// Answers with a timeout if a handler takes too long. A response body that goes on, such as a stream of events, does
/// not count. The handler of a command reports its own timeout.
pub(in crate::server) async fn within_time(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    // Longer than the deadline, so that a handler can answer first.
    let limit = server.settings.request_timeout.mul_f64(1.1);
    request.extensions_mut().insert(server.deadline());
    let late = |_| HttpProblem::unavailable("timeout", "timed out").into_response();
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(late)
}
