//! `GET /api/jobs` and `/api/jobs/{id}`: the progress of jobs, for operators.

use axum::extract::State;
use axum::response::Response;
use uuid::Uuid;

use crate::ops::ListPage;
use crate::server::Caller;
use crate::server::HttpProblem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::http::answer;
use crate::server::http::error_responses::CommonErrors;
use crate::server::http::error_responses::NotFoundError;
use crate::server::http::params::PathParam;
use crate::server::jobs::Job;

/// List the jobs of this instance, newest first
#[utoipa::path(get, path = "/api/jobs", tag = "operations", operation_id = "listJobs",
    responses((status = 200, description = "The jobs that are kept, without their results", body = ListPage<Job>), CommonErrors))]
pub async fn list(State(server): State<Server>, caller: Caller) -> Result<Response, HttpProblem> {
    caller.may(Scope::Admin)?;
    let items = server.jobs.list().into_iter().map(|job| Job { result: None, ..job }).collect();
    Ok(answer::fresh(&ListPage::new(items, None)))
}

/// Show a job
#[utoipa::path(get, path = "/api/jobs/{id}", tag = "operations", operation_id = "showJob",
    params(("id" = Uuid, Path, description = "The id of the job")),
    responses((status = 200, description = "The job", body = Job), CommonErrors, NotFoundError))]
pub async fn show(State(server): State<Server>, caller: Caller, PathParam(id): PathParam) -> Result<Response, HttpProblem> {
    caller.may(Scope::Admin)?;
    let id: Uuid = id.parse().map_err(|error| {
        let made = HttpProblem::bad_request("bad_name", format!("invalid job id \"{id}\": {error}"));
        made.hint("use an id that POST /api/replay or POST /api/projections/{name}/rebuild returned")
    })?;
    let job = server.jobs.get(id).ok_or_else(|| {
        let made = HttpProblem::not_found("job_not_found", format!("job {id} not found"));
        made.hint("ask the instance that ran the job; it keeps the last hundred")
    })?;
    Ok(answer::fresh(&job))
}
