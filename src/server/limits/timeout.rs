//! How long a request may take.

use axum::extract::Request;
use axum::extract::State;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;

use crate::server::Problem;
use crate::server::Server;

/// Answers that it took too long, when it did. What goes on after the headers of the answer, as a stream of events does,
/// does not count; and a command that was sent is answered by its own handler.
pub(in crate::server) async fn within_time(State(server): State<Server>, request: Request, next: Next) -> Response {
    // A little more, so that handlers with an answer of their own come first.
    let limit = server.settings.request_timeout.mul_f64(1.1);
    let late = |_| Problem::unavailable("timeout", "the answer took too long").into_response();
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(late)
}
