//! One line in the log and one observation for each request: what was asked by its pattern, never by its text.
//!
//! Paths and queries may hold names of people, ids and, by mistake, secrets: they are not written down.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Instant;

use axum::extract::MatchedPath;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use crate::server::Server;
use crate::server::trace::Trace;
use crate::server::trace::context::CORRELATION;

/// What a request is counted as that fits no route.
const NO_ROUTE: &str = "unmatched";

/// Who asks, told to the log by whoever finds it out.
#[derive(Debug, Clone, Default)]
pub struct Asking(Arc<OnceLock<String>>);

impl Asking {
    /// It is this client.
    pub fn is(&self, client_id: &str) {
        let _ = self.0.set(client_id.to_owned());
    }

    fn client(&self) -> &str {
        self.0.get().map_or("-", String::as_str)
    }
}

/// Gives a request its trace; when it has been answered, writes it down and counts it.
pub async fn observe(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let (trace, asking) = (Trace::of(request.headers()), Asking::default());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(trace.clone());
    request.extensions_mut().insert(asking.clone());
    let begun = Instant::now();
    let mut response = next.run(request).await;
    let took = begun.elapsed();
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let status = response.status();
    server.metrics.request(route, status.as_u16(), took);
    if method == Method::GET && route.starts_with("/api/") {
        server.metrics.query(took);
    }
    let correlation_id = trace.correlation_id.as_deref().unwrap_or("-");
    // Written once for each level: the level of a line is part of its program.
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "esctl::request",
                trace_id = %trace.trace_id, correlation_id = %correlation_id, method = %method, route = %route,
                status = status.as_u16(), duration_ms = took.as_secs_f64() * 1e3, client = %asking.client(), "request"
            )
        };
    }
    if status.is_server_error() {
        line!(warn);
    } else {
        line!(info);
    }
    // So that whoever has a complaint can say of what.
    if let Ok(trace_id) = HeaderValue::from_str(trace.correlation_id.as_deref().unwrap_or(&trace.trace_id)) {
        response.headers_mut().insert(CORRELATION, trace_id);
    }
    response
}
