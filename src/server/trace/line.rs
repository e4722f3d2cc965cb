//! Logs and counts each request by its route.
//!
//! Paths and queries are not logged. They may contain names of people, ids and, by mistake, secrets.

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
use crate::server::trace::TraceContext;
use crate::server::trace::context::CORRELATION;

/// The route label of a request that matches no route.
const NO_ROUTE: &str = "unmatched";

/// The name of the client, for the log. Set after the admission of the request.
#[derive(Debug, Clone, Default)]
pub struct ClientName(Arc<OnceLock<String>>);

impl ClientName {
    /// Sets the name.
    pub fn is(&self, client_id: &str) {
        let _ = self.0.set(client_id.to_owned());
    }

    fn client(&self) -> &str {
        self.0.get().map_or("-", String::as_str)
    }
}

/// Adds the trace context to a request, and logs and counts the answer.
pub async fn observe(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let (trace, client_name) = (TraceContext::of(request.headers()), ClientName::default());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(trace.clone());
    request.extensions_mut().insert(client_name.clone());
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
    // The level of a log line is part of its code, so there is a line for each level.
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "esctl::request",
                trace_id = %trace.trace_id, correlation_id = %correlation_id, method = %method, route = %route,
                status = status.as_u16(), duration_ms = took.as_secs_f64() * 1e3, client = %client_name.client(), "request"
            )
        };
    }
    if status.is_server_error() {
        line!(warn);
    } else {
        line!(info);
    }
    // A client can quote this id in a report.
    if let Ok(trace_id) = HeaderValue::from_str(trace.correlation_id.as_deref().unwrap_or(&trace.trace_id)) {
        response.headers_mut().insert(CORRELATION, trace_id);
    }
    response
}
