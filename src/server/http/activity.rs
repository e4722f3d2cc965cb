//! `GET /api/activity`: conflicts and rejections over time.

use axum::extract::State;
use axum::response::Response;

use crate::server::Caller;
use crate::server::Problem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::activity::Lately;
use crate::server::http::answer;
use crate::server::http::refused::Refused;

/// Say what became of commands lately
///
/// Of the commands that this instance has answered in the last half hour: how many were applied, rejected, met a conflict or
/// failed; and the last that were refused. Whoever is no administrator sees of these his own.
#[utoipa::path(get, path = "/api/activity", tag = "operations", operation_id = "activity",
    responses((status = 200, description = "What became of them", body = Lately), Refused))]
pub async fn lately(State(server): State<Server>, caller: Caller) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let own = (!caller.is_trusted()).then_some(caller.client_id.as_str());
    Ok(answer::fresh(&server.activity.lately(own, (server.clock)())))
}
