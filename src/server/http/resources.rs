//! `GET /api/resources` and `/api/resources/{id}`: resources, as they are or were.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::ops::ListPage;
use crate::ops::list_resources::ResourceFilter;
use crate::ops::list_resources::list_resources;
use crate::ops::list_resources::list_resources_at;
use crate::ops::show_resource::show_resource;
use crate::ops::show_resource::with_left_out;
use crate::server::Caller;
use crate::server::Problem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::http::answer;
use crate::server::http::asked::Asked;
use crate::server::http::asked::AskedVersion;
use crate::server::http::asked::Limit;
use crate::server::http::asked::Moment;
use crate::server::http::asked::Named;
use crate::server::http::asked::until;
use crate::server::http::refused::NotThere;
use crate::server::http::refused::Refused;
use crate::server::http::seen::SeenResource;
use crate::server::sight::Sight;

/// Which resources.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAsked {
    /// Only of this owner.
    owner: Option<String>,
    /// Only of this type.
    #[serde(rename = "type")]
    resource_type: Option<String>,
    /// Only those that are locked, or not locked.
    locked: Option<bool>,
    /// As they were at this moment; `now` is the present.
    #[param(value_type = Option<String>)]
    at: Option<Moment>,
    /// Only those after this id.
    after: Option<String>,
    /// At most so many.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: Limit,
    /// The server's schema, for administrators.
    #[serde(default)]
    server: bool,
}

/// List resources
#[utoipa::path(get, path = "/api/resources", tag = "resources", operation_id = "listResources", params(ListAsked),
    responses((status = 200, description = "A page of resources, in the order of their ids", body = ListPage<SeenResource>), Refused))]
pub async fn list(
    State(server): State<Server>,
    caller: Caller,
    uri: Uri,
    Asked(asked): Asked<ListAsked>,
) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let sight = Sight::of(&caller, None, asked.server)?;
    let filter = ResourceFilter { owner: asked.owner, resource_type: asked.resource_type, locked: asked.locked };
    let (after, limit) = (asked.after, asked.limit.items());
    let page = match asked.at {
        Some(Moment::Time(at)) => list_resources_at(&server.store, &filter, after, limit, at).await?,
        Some(Moment::Now) | None => list_resources(&server.queries().await?, &filter, after, limit, (server.clock)()).await?,
    };
    let mut page = page.map(|resource| sight.state("resource", resource));
    page.broken = sight.broken("resource", page.broken);
    Ok(answer::page(&uri, &page))
}

/// How one resource is looked at.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ShowAsked {
    /// As it was at this moment; `now` is the head, shown as of the clock.
    #[param(value_type = Option<String>)]
    at: Option<Moment>,
    /// As it was at this version.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    version: Option<AskedVersion>,
    /// The server's schema, for administrators.
    #[serde(default)]
    server: bool,
}

/// Show a resource
///
/// Its version is the ETag. While it regenerates or is locked it is sent whatever the client has, since it changes with time.
#[utoipa::path(get, path = "/api/resources/{id}", tag = "resources", operation_id = "showResource",
    params(("id" = String, Path, description = "Its id"), ShowAsked,
        ("If-None-Match" = Option<String>, Header, description = "Versions that the client has")),
    responses((status = 200, description = "The resource", body = SeenResource, headers(("ETag" = String, description = "Its version, quoted"))),
        (status = 304, description = "The client has it"), Refused, NotThere))]
pub async fn show(
    State(server): State<Server>,
    caller: Caller,
    Named(id): Named,
    headers: HeaderMap,
    Asked(asked): Asked<ShowAsked>,
) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let sight = Sight::of(&caller, None, asked.server)?;
    let until = until(asked.at, asked.version)?;
    let found = show_resource(&server.store, &id, until, (server.clock)()).await?;
    let seen = with_left_out(sight.state("resource", found.state), &found.left_out);
    Ok(answer::at_version(&headers, found.version, &found.left_out, found.changes_with_time, &seen))
}
