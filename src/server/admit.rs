//! Admission of requests: the origin of the page, the caller's token and the request rate.

use std::net::IpAddr;
use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::header;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;

use crate::server::HttpProblem;
use crate::server::Server;
use crate::server::http::extract::Admitted;
use crate::server::limits::rate::RateKey;
use crate::server::trace::ClientName;

/// Admits a request, or answers with the reason for the refusal.
pub(super) async fn admit(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let origin = match server.origins.check(request.version(), request.headers()) {
        Ok(origin) => origin,
        Err(problem) => return problem.into_response(),
    };
    if request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return server.origins.allow(origin.as_ref(), StatusCode::NO_CONTENT.into_response());
    }
    let caller = server.auth.caller(request.headers());
    if let (Ok(caller), Some(client_name)) = (&caller, request.extensions().get::<ClientName>()) {
        client_name.is(&caller.client_id);
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let peer = peer.unwrap_or(IpAddr::from([0, 0, 0, 0]));
    let rate_key = caller.as_ref().map_or(RateKey::Address(peer), |caller| RateKey::of(caller, peer));
    let response = match server.rate.take(&rate_key) {
        Ok(()) => {
            request.extensions_mut().insert(Admitted(caller));
            next.run(request).await
        }
        Err(wait) => HttpProblem::too_often(wait).into_response(),
    };
    let mut response = server.origins.allow(origin.as_ref(), response);
    // An answer may be meant for one caller only. Browsers must not guess its content type.
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if server.is_stopping() {
        // The next request goes to another instance. An upgraded WebSocket connection is not closed by this.
        headers.entry(header::CONNECTION).or_insert(HeaderValue::from_static("close"));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
