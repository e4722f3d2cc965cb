//! How long a request may take.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::extract::Request;
use axum::extract::State;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use tokio::time::Instant;

use crate::server::Problem;
use crate::server::Server;

/// When a request must have been answered: reading its body and sending its command take of the same time.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Deadline(pub(in crate::server) Instant);

impl FromRequestParts<Server> for Deadline {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or_else(|| server.deadline()))
    }
}

impl Server {
    /// When what begins now must have been answered.
    pub(in crate::server) fn deadline(&self) -> Deadline {
        Deadline(Instant::now() + self.settings.request_timeout)
    }
}

/// Answers that it took too long, when it did. What goes on after the headers of the answer, as a stream of events does,
/// does not count; and a command that was sent is answered by its own handler.
pub(in crate::server) async fn within_time(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    // A little more, so that handlers with an answer of their own come first.
    let limit = server.settings.request_timeout.mul_f64(1.1);
    request.extensions_mut().insert(server.deadline());
    let late = |_| Problem::unavailable("timeout", "the answer took too long").into_response();
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(late)
}
