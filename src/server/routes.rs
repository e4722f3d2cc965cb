//! What is served, in one table. The description of the interface is generated from it.

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
use crate::server::Problem;
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
use crate::server::live::socket;
use crate::server::trace;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "esctl serve",
        description = "Work with an event store over the network: send commands, ask queries, follow streams."
    ),
    modifiers(&Token),
    // Or none, on a server that serves its own machine alone.
    security(("token" = []), ()),
    tags(
        (name = "commands", description = "What changes something"),
        (name = "resources", description = "What is owned, taken, added to and locked"),
        (name = "documents", description = "JSON whose every change is recorded"),
        (name = "games", description = "Caravan, a turn-based card game"),
        (name = "streams", description = "What happened, and what it made"),
        (name = "operations", description = "How the server is, and what operators do"),
    )
)]
struct Description;

/// Says how a caller is known.
struct Token;

impl Modify for Token {
    fn modify(&self, description: &mut openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
        let scheme = scheme.description(Some("Who asks; the scopes are `read`, `write` and `admin`")).build();
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// Every operation. A new one is a handler in `http` and a line here.
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
        .routes(routes!(socket::connect))
}

/// The description of the interface.
pub fn description() -> utoipa::openapi::OpenApi {
    operations().split_for_parts().1
}

/// What answers requests.
pub(super) fn router(server: &Server) -> Router {
    let (router, description) = operations().split_for_parts();
    router
        .route("/openapi.json", get(async move || Json(description)))
        .merge(assets::router())
        .fallback(nothing_there)
        .method_not_allowed_fallback(not_like_that)
        // Bodies are read by extractors that have limits of their own.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(server.clone(), limits::timeout::within_time))
        .layer(middleware::from_fn_with_state(server.clone(), admit::admit))
        .layer(middleware::from_fn_with_state(server.clone(), trace::observe))
        .with_state(server.clone())
}

async fn nothing_there(uri: Uri) -> Problem {
    Problem::not_found("not_found", format!("there is nothing at {}", escape_unsafe(uri.path())))
}

async fn not_like_that() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this method is not for this path")
}
