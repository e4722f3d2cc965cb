//! `GET /api/me`: who the server takes the caller for.

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::event::Timestamp;
use crate::server::Caller;
use crate::server::Problem;
use crate::server::Scope;
use crate::server::http::answer;
use crate::server::http::refused::Refused;

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// What is recorded with events.
    client_id: String,
    /// The player or owner that the caller is.
    #[schema(required = true)]
    acts_as: Option<String>,
    /// What the caller may do: `read`, `write`, `admin`.
    scopes: Vec<&'static str>,
    /// Whether a token says so. If not, this is a server for one machine, where everybody may do everything.
    signed_in: bool,
    /// When the token ends.
    #[schema(required = true)]
    expires: Option<Timestamp>,
}

/// Say who the server takes the caller for
#[utoipa::path(get, path = "/api/me", tag = "operations", operation_id = "me",
    responses((status = 200, description = "Who asks", body = Me), Refused))]
pub async fn me(caller: Caller) -> Result<Response, Problem> {
    let scopes = [Scope::Read, Scope::Write, Scope::Admin].into_iter().filter(|scope| caller.scopes.hold(*scope));
    let scopes = scopes.map(Scope::name).collect();
    let Caller { client_id, acts_as, expires, authenticated, .. } = caller;
    Ok(answer::fresh(&Me { client_id, acts_as, scopes, signed_in: authenticated, expires }))
}
