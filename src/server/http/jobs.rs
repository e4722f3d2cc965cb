//! `GET /api/jobs` and `/api/jobs/{id}`: how far long work is, for operators.

use axum::extract::State;
use axum::response::Response;
use uuid::Uuid;

use crate::ops::ListPage;
use crate::server::Caller;
use crate::server::Problem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::http::answer;
use crate::server::http::asked::Named;
use crate::server::http::refused::NotThere;
use crate::server::http::refused::Refused;
use crate::server::jobs::Job;

/// List the jobs of this instance, the newest first
#[utoipa::path(get, path = "/api/jobs", tag = "operations", operation_id = "listJobs",
    responses((status = 200, description = "The jobs that are remembered, without what they found", body = ListPage<Job>), Refused))]
pub async fn list(State(server): State<Server>, caller: Caller) -> Result<Response, Problem> {
    caller.may(Scope::Admin)?;
    let items = server.jobs.list().into_iter().map(|job| Job { result: None, ..job }).collect();
    Ok(answer::fresh(&ListPage::new(items, None)))
}

/// Say how far a job is
#[utoipa::path(get, path = "/api/jobs/{id}", tag = "operations", operation_id = "showJob",
    params(("id" = Uuid, Path, description = "Its id")),
    responses((status = 200, description = "The job", body = Job), Refused, NotThere))]
pub async fn show(State(server): State<Server>, caller: Caller, Named(id): Named) -> Result<Response, Problem> {
    caller.may(Scope::Admin)?;
    let id: Uuid = id.parse().map_err(|error| {
        let made = Problem::bad_request("bad_name", format!("\"{id}\" is no id of a job: {error}"));
        made.hint("POST /api/replay and POST /api/projections/{name}/rebuild answer with one")
    })?;
    let job = server.jobs.get(id).ok_or_else(|| {
        let made = Problem::not_found("job_not_found", format!("there is no job {id}"));
        made.hint("a job is known to the instance that runs it, until a hundred newer ones have ended")
    })?;
    Ok(answer::fresh(&job))
}
