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
use crate::runtime::BatchSize;
use crate::runtime::Query;
use crate::runtime::QueryRow;
use crate::server::Caller;
use crate::server::Problem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::http::answer;
use crate::server::http::asked::Asked;
use crate::server::http::asked::Limit;
use crate::server::http::asked::Named;
use crate::server::http::refused::NotThere;
use crate::server::http::refused::Refused;
use crate::server::jobs::Job;
use crate::server::jobs::JobKind;
use crate::server::jobs::Work;

/// List projections, and how far they are
#[utoipa::path(get, path = "/api/projections", tag = "operations", operation_id = "listProjections",
    responses((status = 200, description = "All projections", body = ListPage<ProjectionStatus>), Refused))]
pub async fn list(State(server): State<Server>, caller: Caller) -> Result<Response, Problem> {
    caller.may(Scope::Admin)?;
    let items = projection_status(&server.store, &server.queries().await?, None, (server.clock)()).await?;
    Ok(answer::fresh(&ListPage::new(items, None)))
}

/// The page of rows that is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RowsAsked {
    /// Only rows after this key.
    after: Option<String>,
    /// Maximum number of rows.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: Limit,
}

/// List the rows of a read model
///
/// The read model is first brought up to date. `next` is the key to go on after; `caveats` qualify the rows.
#[utoipa::path(get, path = "/api/projections/{name}/rows", tag = "operations", operation_id = "listRows",
    params(("name" = String, Path, description = "The name of the projection"), RowsAsked),
    responses((status = 200, description = "A page of rows, in the order of their keys", body = ListPage<QueryRow>), Refused, NotThere))]
pub async fn rows(
    State(server): State<Server>,
    caller: Caller,
    Named(name): Named,
    uri: Uri,
    Asked(asked): Asked<RowsAsked>,
) -> Result<Response, Problem> {
    // Rows are as they are kept: what the callers of other routes may not see is in them.
    caller.may(Scope::Admin)?;
    let query = Query { name, filters: Vec::new(), after: asked.after, limit: asked.limit.items(), stale: false };
    let page = query_projection(&server.queries().await?, query, (server.clock)()).await?;
    Ok(answer::page(&uri, &page))
}

/// Build a read model anew
///
/// The old one answers until the new one takes its place in one step. Answers with a job; `GET /api/jobs/{id}` says how far it is.
#[utoipa::path(post, path = "/api/projections/{name}/rebuild", tag = "operations", operation_id = "rebuildProjection",
    params(("name" = String, Path, description = "The name of the projection")),
    responses((status = 202, description = "It has begun", body = Job, headers(("Location" = String, description = "Where to ask how far it is"))),
        (status = 409, description = "It is being rebuilt already; `details.job` says by which job", body = crate::server::ErrorBody), Refused, NotThere))]
pub async fn rebuild(State(server): State<Server>, caller: Caller, Named(name): Named) -> Result<Response, Problem> {
    caller.may(Scope::Admin)?;
    let queries = server.queries().await?;
    queries.projection(&name)?;
    let head = server.store.head().await?.position.0;
    let work = Work { kind: JobKind::Rebuild, target: name.clone(), asked_by: caller.client_id.clone(), alone: true };
    let (store, clock) = (server.store.clone(), server.clock.clone());
    let job = server.jobs.start(work, async move |meter| {
        meter.of(head);
        let mut progress = |events| meter.add(events);
        let report = rebuild_projection(&store, &queries, &name, BatchSize::default(), clock, &mut progress).await?;
        // It may have gone on with what somebody else had begun.
        meter.reached(report.position.0);
        Ok::<_, OpsError>(report)
    })?;
    Ok(answer::accepted(&job))
}
