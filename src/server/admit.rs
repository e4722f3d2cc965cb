//! Before a request is looked at: is it from a page that may, who is it from, and is it not too often.

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

use crate::server::Caller;
use crate::server::Problem;
use crate::server::Server;
use crate::server::caller::Admitted;
use crate::server::trace::Asking;

/// Who a rate is counted for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::server) enum Sender {
    /// Whoever a token says.
    Client(String),
    /// Who has no token, or none that counts.
    Address(IpAddr),
}

impl Sender {
    /// Of a caller; without a token a name costs nothing, so it is the address.
    pub(in crate::server) fn of(caller: &Caller, peer: IpAddr) -> Self {
        if caller.authenticated { Self::Client(caller.client_id.clone()) } else { Self::Address(peer) }
    }
}

/// Lets a request through, or answers why not.
pub(super) async fn admit(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let origin = match server.origins.check(request.version(), request.headers()) {
        Ok(origin) => origin,
        Err(problem) => return problem.into_response(),
    };
    if request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return server.origins.allow(origin.as_ref(), StatusCode::NO_CONTENT.into_response());
    }
    let caller = server.auth.caller(request.headers());
    if let (Ok(caller), Some(asking)) = (&caller, request.extensions().get::<Asking>()) {
        asking.is(&caller.client_id);
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let peer = peer.unwrap_or(IpAddr::from([0, 0, 0, 0]));
    let sender = caller.as_ref().map_or(Sender::Address(peer), |caller| Sender::of(caller, peer));
    let response = match server.rate.take(&sender) {
        Ok(()) => {
            request.extensions_mut().insert(Admitted(caller));
            next.run(request).await
        }
        Err(wait) => Problem::too_often(wait).into_response(),
    };
    let mut response = server.origins.allow(origin.as_ref(), response);
    // What is told to one caller is not to be shown to another, and never to be taken for something else.
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if server.is_stopping() {
        // The next request goes elsewhere. What has become a WebSocket is none that closes.
        headers.entry(header::CONNECTION).or_insert(HeaderValue::from_static("close"));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
