//! The table of routes. The OpenAPI description is generated from it.

use axum::Json;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::middleware;
use axum::routing::get;
use utoipa::Modify;
use utoipa::OpenApi;
use utoipa::openapi;
use utoipa::openapi::security::HttpAuthScheme;
use utoipa::openapi::security::HttpBuilder;
use utoipa::openapi::security::SecurityScheme;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::event::escape_unsafe;
use crate::server::HttpProblem;
use crate::server::Server;
use crate::server::admit;
use crate::server::http::activity;
use crate::server::http::assets;
use crate::server::http::commands;
use crate::server::http::documents;
use crate::server::http::events;
use crate::server::http::games;
use crate::server::http::health;
use crate::server::http::jobs;
use crate::server::http::me;
use crate::server::http::metrics;
use crate::server::http::projections;
use crate::server::http::replay;
use crate::server::http::resources;
use crate::server::http::streams;
use crate::server::limits;
use crate::server::live::socket::connect;
use crate::server::trace;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "esctl serve",
        description = "Work with an event store over the network: send commands, ask queries, follow streams."
    ),
    modifiers(&Token),
    // A server without a key accepts requests without a token.
    security(("token" = []), ()),
    tags(
        (name = "commands", description = "Commands"),
        (name = "resources", description = "Owned amounts that can be allocated, added to and locked"),
        (name = "documents", description = "JSON documents with a full history of changes"),
        (name = "games", description = "Caravan, a turn-based card game"),
        (name = "streams", description = "Events and the states that result from them"),
        (name = "operations", description = "Health, metrics and operations"),
    )
)]
struct Description;

/// Adds the security scheme to the description.
struct Token;

impl Modify for Token {
    fn modify(&self, description: &mut openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
        let scheme = scheme.description(Some("The caller's token. The scopes are `read`, `write` and `admin`")).build();
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// Returns all operations. A new operation is a handler in `http` and a line here.
fn operations() -> OpenApiRouter<Server> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::metrics))
        .routes(routes!(commands::send))
        .routes(routes!(me::me))
        .routes(routes!(resources::list))
        .routes(routes!(resources::show))
        .routes(routes!(documents::list))
        .routes(routes!(documents::show))
        .routes(routes!(games::list, games::create))
        .routes(routes!(games::show))
        .routes(routes!(streams::list))
        .routes(routes!(streams::events))
        .routes(routes!(streams::missing))
        .routes(routes!(streams::state))
        .routes(routes!(events::list))
        .routes(routes!(activity::lately))
        .routes(routes!(projections::list))
        .routes(routes!(projections::rows))
        .routes(routes!(projections::rebuild))
        .routes(routes!(replay::start))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::show))
        .routes(routes!(connect::connect))
}

/// Returns the OpenAPI description.
pub fn description() -> utoipa::openapi::OpenApi {
    operations().split_for_parts().1
}

/// Returns the router of a server.
pub(super) fn router(server: &Server) -> Router {
    let (router, description) = operations().split_for_parts();
    router
        .route("/openapi.json", get(async move || Json(description)))
        .merge(assets::router())
        .fallback(no_such_path)
        .method_not_allowed_fallback(wrong_method)
        // The extractors of bodies have their own limits.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(server.clone(), limits::timeout::within_time))
        .layer(middleware::from_fn_with_state(server.clone(), admit::admit))
        .layer(middleware::from_fn_with_state(server.clone(), trace::observe))
        .with_state(server.clone())
}

async fn no_such_path(uri: Uri) -> HttpProblem {
    HttpProblem::not_found("not_found", format!("no such path: {}", escape_unsafe(uri.path())))
}

async fn wrong_method() -> HttpProblem {
    HttpProblem::bad_request("method_not_allowed", "method not allowed for this path").status(StatusCode::METHOD_NOT_ALLOWED)
}
