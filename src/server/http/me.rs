//! `GET /api/me`: the caller as the server sees it.

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::event::Timestamp;
use crate::server::Caller;
use crate::server::HttpProblem;
use crate::server::Scope;
use crate::server::http::answer;
use crate::server::http::error_responses::CommonErrors;

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// The name that is recorded with events.
    client_id: String,
    /// The player or owner that the caller acts as.
    #[schema(required = true)]
    acts_as: Option<String>,
    /// The scopes of the caller: `read`, `write`, `admin`.
    scopes: Vec<&'static str>,
    /// True if a token was verified. If false, the server serves its own machine only, and every caller has all scopes.
    signed_in: bool,
    /// The time at which the token expires.
    #[schema(required = true)]
    expires: Option<Timestamp>,
}

/// Show the caller
#[utoipa::path(get, path = "/api/me", tag = "operations", operation_id = "me",
    responses((status = 200, description = "The caller", body = Me), CommonErrors))]
pub async fn me(caller: Caller) -> Result<Response, HttpProblem> {
    let scopes = [Scope::Read, Scope::Write, Scope::Admin].into_iter().filter(|scope| caller.scopes.hold(*scope));
    let scopes = scopes.map(Scope::name).collect();
    let Caller { client_id, acts_as, expires, authenticated, .. } = caller;
    Ok(answer::fresh(&Me { client_id, acts_as, scopes, signed_in: authenticated, expires }))
}
