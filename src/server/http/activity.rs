//! `GET /api/activity`: conflicts and rejections over time.

use axum::extract::State;
use axum::response::Response;

use crate::server::Caller;
use crate::server::HttpProblem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::activity::Lately;
use crate::server::http::answer;
use crate::server::http::error_responses::CommonErrors;

/// Summarize recent commands
///
/// Covers the commands that this instance has answered in the last half hour: counts by outcome, and the last refusals.
/// A caller that is no administrator sees its own refusals only.
#[utoipa::path(get, path = "/api/activity", tag = "operations", operation_id = "activity",
    responses((status = 200, description = "Counts by outcome, and the last refusals", body = Lately), CommonErrors))]
pub async fn lately(State(server): State<Server>, caller: Caller) -> Result<Response, HttpProblem> {
    caller.may(Scope::Read)?;
    let own = (!caller.is_trusted()).then_some(caller.client_id.as_str());
    Ok(answer::fresh(&server.activity.lately(own, (server.clock)())))
}
