//! `GET /api/resources` and `/api/resources/{id}`: current and past resources.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::ops::ListPage;
use crate::ops::list_resources::ResourceFilter;
use crate::ops::list_resources::list_resources;
use crate::ops::show_resource::show_resource;
use crate::ops::show_resource::with_left_out;
use crate::server::Caller;
use crate::server::HttpProblem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::http::answer;
use crate::server::http::error_responses::CommonErrors;
use crate::server::http::error_responses::NotFoundError;
use crate::server::http::params::Moment;
use crate::server::http::params::PageLimit;
use crate::server::http::params::PathParam;
use crate::server::http::params::QueryParams;
use crate::server::http::params::VersionParam;
use crate::server::http::params::list_source;
use crate::server::http::params::until;
use crate::server::http::schemas::ResourceState;
use crate::server::visibility::Visibility;

/// The filter of a list of resources.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListResourcesParams {
    /// Only resources of this owner.
    owner: Option<String>,
    /// Only resources of this type.
    #[serde(rename = "type")]
    resource_type: Option<String>,
    /// Only resources that are locked, or that are not.
    locked: Option<bool>,
    /// States at this time. `now` is the present.
    #[param(value_type = Option<String>)]
    at: Option<Moment>,
    /// Only resources after this id.
    after: Option<String>,
    /// Maximum number of resources.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: PageLimit,
    /// Use the server's schema. For administrators.
    #[serde(default)]
    server: bool,
}

/// List resources
#[utoipa::path(get, path = "/api/resources", tag = "resources", operation_id = "listResources", params(ListResourcesParams),
    responses((status = 200, description = "A page of resources, in the order of their ids", body = ListPage<ResourceState>), CommonErrors))]
pub async fn list(
    State(server): State<Server>,
    caller: Caller,
    uri: Uri,
    QueryParams(params): QueryParams<ListResourcesParams>,
) -> Result<Response, HttpProblem> {
    caller.may(Scope::Read)?;
    let visibility = Visibility::of(&caller, None, params.server)?;
    let filter = ResourceFilter { owner: params.owner, resource_type: params.resource_type, locked: params.locked };
    let source = list_source(&server, params.at).await?;
    let page = list_resources(&source, &filter, params.after, params.limit.items()).await?;
    let mut page = page.map(|resource| visibility.state("resource", resource));
    page.broken = visibility.broken("resource", page.broken);
    Ok(answer::page(&uri, &page))
}

/// The version and view of a resource to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ShowResourceParams {
    /// State at this time. `now` is the head, shown as of the clock.
    #[param(value_type = Option<String>)]
    at: Option<Moment>,
    /// State at this version.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    version: Option<VersionParam>,
    /// Use the server's schema. For administrators.
    #[serde(default)]
    server: bool,
}

/// Show a resource
///
/// The version is the ETag. A resource that regenerates or is locked changes with time, so it is never answered with
/// 304.
#[utoipa::path(get, path = "/api/resources/{id}", tag = "resources", operation_id = "showResource",
    params(("id" = String, Path, description = "The id of the resource"), ShowResourceParams,
        ("If-None-Match" = Option<String>, Header, description = "Versions that the client has cached")),
    responses((status = 200, description = "The resource", body = ResourceState, headers(("ETag" = String, description = "The version, quoted"))),
        (status = 304, description = "Not modified"), CommonErrors, NotFoundError))]
pub async fn show(
    State(server): State<Server>,
    caller: Caller,
    PathParam(id): PathParam,
    headers: HeaderMap,
    QueryParams(params): QueryParams<ShowResourceParams>,
) -> Result<Response, HttpProblem> {
    caller.may(Scope::Read)?;
    let visibility = Visibility::of(&caller, None, params.server)?;
    let until = until(params.at, params.version)?;
    let found = show_resource(&server.store, &id, until, (server.clock)()).await?;
    let seen = with_left_out(visibility.state("resource", found.state), &found.left_out);
    Ok(answer::at_version(&headers, found.version, &found.left_out, found.changes_with_time, &seen))
}
