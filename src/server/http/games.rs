//! `GET /api/games`, `/api/games/{id}` and `POST /api/games`: games as a caller sees them, and new games.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::Uri;
use axum::http::header;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use url::form_urlencoded;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::domain::game::Phase;
use crate::domain::game::Viewer;
use crate::ops::BrokenStream;
use crate::ops::ListPage;
use crate::ops::games::GameSummary;
use crate::ops::games::list_games;
use crate::ops::games::show_game;
use crate::ops::show_resource::with_left_out;
use crate::server::Caller;
use crate::server::CommandRequest;
use crate::server::ErrorBody;
use crate::server::HttpProblem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::http::answer;
use crate::server::http::commands;
use crate::server::http::commands::IDEMPOTENCY_KEY;
use crate::server::http::commands::OutcomeSchema;
use crate::server::http::error_responses::BodyErrors;
use crate::server::http::error_responses::CommonErrors;
use crate::server::http::error_responses::NotFoundError;
use crate::server::http::params::Moment;
use crate::server::http::params::PageLimit;
use crate::server::http::params::PathParam;
use crate::server::http::params::QueryParams;
use crate::server::http::params::VersionParam;
use crate::server::http::params::list_source;
use crate::server::http::params::until;
use crate::server::http::schemas::GameState;
use crate::server::limits::body::JsonBody;
use crate::server::limits::timeout::Deadline;
use crate::server::trace::TraceContext;
use crate::server::visibility::Visibility;

/// The phase of a game.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PhaseParam {
    Waiting,
    Playing,
    Finished,
}

impl From<PhaseParam> for Phase {
    fn from(phase: PhaseParam) -> Self {
        match phase {
            PhaseParam::Waiting => Self::Waiting,
            PhaseParam::Playing => Self::Playing,
            PhaseParam::Finished => Self::Finished,
        }
    }
}

/// The filter of a list of games.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListGamesParams {
    /// Only games in this phase.
    #[param(inline)]
    phase: Option<PhaseParam>,
    /// States at this time. `now` is the present.
    #[param(value_type = Option<String>)]
    at: Option<Moment>,
    /// Only games after this id.
    after: Option<String>,
    /// Maximum number of games.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: PageLimit,
}

/// List games
#[utoipa::path(get, path = "/api/games", tag = "games", operation_id = "listGames", params(ListGamesParams),
    responses((status = 200, description = "A page of games, in the order of their ids, without hidden fields", body = ListPage<GameSummary>), CommonErrors))]
pub async fn list(
    State(server): State<Server>,
    caller: Caller,
    uri: Uri,
    QueryParams(params): QueryParams<ListGamesParams>,
) -> Result<Response, HttpProblem> {
    caller.may(Scope::Read)?;
    let source = list_source(&server, params.at).await?;
    let page = list_games(&source, params.phase.map(Phase::from), params.after, params.limit.items()).await?;
    // The data of a game's events may be hidden.
    let broken = page.broken.into_iter().map(BrokenStream::without_details).collect();
    let page = ListPage { broken, ..page };
    Ok(answer::page(&uri, &page))
}

/// The version and view of a game to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ShowGameParams {
    /// The player whose view is shown. Default: the player that the caller acts as. Other callers are spectators.
    player_id: Option<String>,
    /// State at this time. `now` is the head, shown as of the clock.
    #[param(value_type = Option<String>)]
    at: Option<Moment>,
    /// State at this version.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    version: Option<VersionParam>,
    /// Include all hands, the decks and the seed. For administrators.
    #[serde(default)]
    server: bool,
}

/// Show a game
///
/// The version is the ETag.
#[utoipa::path(get, path = "/api/games/{id}", tag = "games", operation_id = "showGame",
    params(("id" = String, Path, description = "The id of the game"), ShowGameParams,
        ("If-None-Match" = Option<String>, Header, description = "Versions that the client has cached")),
    responses((status = 200, description = "The game", body = GameState, headers(("ETag" = String, description = "The version, quoted"))),
        (status = 304, description = "Not modified"), CommonErrors, NotFoundError))]
pub async fn show(
    State(server): State<Server>,
    caller: Caller,
    PathParam(id): PathParam,
    headers: HeaderMap,
    QueryParams(params): QueryParams<ShowGameParams>,
) -> Result<Response, HttpProblem> {
    caller.may(Scope::Read)?;
    let visibility = Visibility::of(&caller, params.player_id.as_deref(), params.server)?;
    let until = until(params.at, params.version)?;
    // A player that is named must take part in the game. A caller that only acts as a player may be a spectator.
    let viewer = if visibility.names_player() { visibility.viewer().clone() } else { Viewer::Server };
    let found = show_game(&server.store, &id, until, &viewer).await?;
    let game = with_left_out(visibility.state("game", found.state), &found.left_out);
    Ok(answer::at_version(&headers, found.version, &found.left_out, false, &game))
}

/// The settings of a new game.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewGame {
    /// The id of the game. Generated if missing.
    #[schema(nullable = false)]
    game_id: Option<String>,
    /// Number of players: 2 to 5.
    #[schema(minimum = 2, maximum = 5)]
    num_players: u32,
    /// The seed of all random choices. Drawn if missing. It determines the decks, so only administrators may choose it.
    #[schema(nullable = false)]
    seed: Option<u64>,
    /// Maximum number of crystals in a caravan at the end of a turn.
    #[schema(nullable = false)]
    caravan_capacity: Option<u32>,
    /// Number of point cards with which a player triggers the last round.
    #[schema(nullable = false)]
    point_cards_to_win: Option<u32>,
}

/// Create a game
///
/// Sends the command `game.create` and answers like it. Players then join with `game.join`.
#[utoipa::path(post, path = "/api/games", tag = "games", operation_id = "newGame", request_body = NewGame,
    params(("Idempotency-Key" = Option<String>, Header, description = "A request that is repeated with the same key creates one game")),
    responses((status = 201, description = "Created, now or before with the same key", body = OutcomeSchema,
            headers(("Location" = String, description = "The address of the game"), ("ETag" = String, description = "The version, quoted"))),
        (status = 409, description = "The key was used for another command", body = ErrorBody),
        (status = 422, description = "The game exists, or a setting is invalid", body = ErrorBody), CommonErrors, BodyErrors))]
pub async fn create(
    State(server): State<Server>,
    caller: Caller,
    trace: TraceContext,
    deadline: Deadline,
    headers: HeaderMap,
    JsonBody(game): JsonBody<NewGame>,
) -> Result<Response, HttpProblem> {
    let mut with = Map::from_iter([("num_players".to_owned(), Value::from(game.num_players))]);
    let mut add = |name: &str, value: Option<u64>| with.extend(value.map(|value| (name.to_owned(), Value::from(value))));
    add("seed", game.seed);
    add("caravan_capacity", game.caravan_capacity.map(u64::from));
    add("point_cards_to_win", game.point_cards_to_win.map(u64::from));
    let command_id = commands::text(&headers, &IDEMPOTENCY_KEY)?;
    let request = CommandRequest {
        command: "game.create".to_owned(),
        id: game.game_id,
        with,
        command_id,
        correlation_id: trace.correlation_id,
        ..CommandRequest::default()
    };
    let outcome = server.send(&caller, request, deadline).await?;
    let place: String = form_urlencoded::byte_serialize(outcome.id.as_bytes()).collect();
    let mut response = commands::answer(outcome);
    // Percent-encoded text is a valid header value.
    if let Ok(place) = HeaderValue::try_from(format!("/api/games/{}", place.replace('+', "%20"))) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}
