//! The extractor for the caller of a request.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::server::Caller;
use crate::server::HttpProblem;
use crate::server::Server;

/// The result of the admission of a request.
#[derive(Debug, Clone)]
pub(in crate::server) struct Admitted(pub(in crate::server) Result<Caller, HttpProblem>);

impl FromRequestParts<Server> for Caller {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, HttpProblem> {
        match parts.extensions.get::<Admitted>() {
            Some(Admitted(caller)) => caller.clone(),
            None => server.auth.caller(&parts.headers),
        }
    }
}
