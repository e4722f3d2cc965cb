//! `GET /api/projections`, `/api/projections/{name}/rows` and `POST /api/projections/{name}/rebuild`: read models, for operators.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::ops::ListPage;
use crate::ops::OpsError;
use crate::ops::projections::query::query_projection;
use crate::ops::projections::rebuild::rebuild_projection;
use crate::ops::projections::status::ProjectionStatus;
use crate::ops::projections::status::projection_status;
use crate::runtime::Query;
use crate::runtime::QueryRow;
use crate::runtime::RunOptions;
use crate::server::Caller;
use crate::server::HttpProblem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::http::answer;
use crate::server::http::error_responses::CommonErrors;
use crate::server::http::error_responses::NotFoundError;
use crate::server::http::params::PageLimit;
use crate::server::http::params::PathParam;
use crate::server::http::params::QueryParams;
use crate::server::jobs::Job;
use crate::server::jobs::JobKind;
use crate::server::jobs::JobRequest;

/// List projections and their progress
#[utoipa::path(get, path = "/api/projections", tag = "operations", operation_id = "listProjections",
    responses((status = 200, description = "All projections", body = ListPage<ProjectionStatus>), CommonErrors))]
pub async fn list(State(server): State<Server>, caller: Caller) -> Result<Response, HttpProblem> {
    caller.may(Scope::Admin)?;
    let items = projection_status(&server.store, &server.queries().await?, None, (server.clock)()).await?;
    Ok(answer::fresh(&ListPage::new(items, None)))
}

/// The page of rows to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RowsParams {
    /// Only rows after this key.
    after: Option<String>,
    /// Maximum number of rows.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: PageLimit,
}

/// List the rows of a read model
///
/// The read model is first brought up to date. `next` is the key to continue after; `caveats` qualify the rows.
#[utoipa::path(get, path = "/api/projections/{name}/rows", tag = "operations", operation_id = "listRows",
    params(("name" = String, Path, description = "The name of the projection"), RowsParams),
    responses((status = 200, description = "A page of rows, in the order of their keys", body = ListPage<QueryRow>), CommonErrors, NotFoundError))]
pub async fn rows(
    State(server): State<Server>,
    caller: Caller,
    PathParam(name): PathParam,
    uri: Uri,
    QueryParams(params): QueryParams<RowsParams>,
) -> Result<Response, HttpProblem> {
    // The rows may contain fields that other callers must not see.
    caller.may(Scope::Admin)?;
    let query = Query { name, filters: Vec::new(), after: params.after, limit: params.limit.items(), stale: false };
    let page = query_projection(&server.queries().await?, query, (server.clock)()).await?;
    Ok(answer::page(&uri, &page))
}

/// Rebuild a read model
///
/// The old read model answers until the new one replaces it in one step. Returns a job. `GET /api/jobs/{id}` shows its
/// progress.
#[utoipa::path(post, path = "/api/projections/{name}/rebuild", tag = "operations", operation_id = "rebuildProjection",
    params(("name" = String, Path, description = "The name of the projection")),
    responses((status = 202, description = "Accepted", body = Job, headers(("Location" = String, description = "The address of the job"))),
        (status = 409, description = "A rebuild is under way; `details.job` is its job", body = crate::server::ErrorBody), CommonErrors, NotFoundError))]
pub async fn rebuild(State(server): State<Server>, caller: Caller, PathParam(name): PathParam) -> Result<Response, HttpProblem> {
    caller.may(Scope::Admin)?;
    let queries = server.queries().await?;
    queries.projection(&name)?;
    let head = server.store.head().await?.position.0;
    let request =
        JobRequest { kind: JobKind::Rebuild, target: name.clone(), asked_by: caller.client_id.clone(), exclusive: true };
    let (store, clock) = (server.store.clone(), server.clock.clone());
    let job = server.jobs.start(request, async move |meter| {
        meter.of(head);
        let mut progress = |events| meter.add(events);
        let report = rebuild_projection(&store, &queries, &name, RunOptions::default(), clock, &mut progress).await?;
        // The run may have continued a rebuild that another program had begun.
        meter.reached(report.position.0);
        Ok::<_, OpsError>(report)
    })?;
    Ok(answer::accepted(&job))
}
