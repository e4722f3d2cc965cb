//! `GET /api/games`, `/api/games/{id}` and `POST /api/games`: games, as somebody sees them, and a new one.

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
use crate::ops::games::list_games_at;
use crate::ops::games::show_game;
use crate::ops::show_resource::with_left_out;
use crate::server::Caller;
use crate::server::CommandRequest;
use crate::server::ErrorBody;
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
use crate::server::http::commands;
use crate::server::http::commands::IDEMPOTENCY_KEY;
use crate::server::http::commands::OutcomeSchema;
use crate::server::http::refused::BadBody;
use crate::server::http::refused::NotThere;
use crate::server::http::refused::Refused;
use crate::server::http::seen::SeenGame;
use crate::server::limits::body::JsonBody;
use crate::server::limits::timeout::Deadline;
use crate::server::sight::Sight;
use crate::server::trace::Trace;

/// How far a game is.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AskedPhase {
    Waiting,
    Playing,
    Finished,
}

impl From<AskedPhase> for Phase {
    fn from(asked: AskedPhase) -> Self {
        match asked {
            AskedPhase::Waiting => Self::Waiting,
            AskedPhase::Playing => Self::Playing,
            AskedPhase::Finished => Self::Finished,
        }
    }
}

/// Which games.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAsked {
    /// Only those that are so far.
    #[param(inline)]
    phase: Option<AskedPhase>,
    /// As they were at this moment; `now` is the present.
    #[param(value_type = Option<String>)]
    at: Option<Moment>,
    /// Only those after this id.
    after: Option<String>,
    /// At most so many.
    #[serde(default)]
    #[param(value_type = u64, minimum = 1, maximum = 1000, default = 100)]
    limit: Limit,
}

/// List games
#[utoipa::path(get, path = "/api/games", tag = "games", operation_id = "listGames", params(ListAsked),
    responses((status = 200, description = "A page of games, in the order of their ids; nothing hidden is in it", body = ListPage<GameSummary>), Refused))]
pub async fn list(
    State(server): State<Server>,
    caller: Caller,
    uri: Uri,
    Asked(asked): Asked<ListAsked>,
) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let (phase, after, limit) = (asked.phase.map(Phase::from), asked.after, asked.limit.items());
    let page = match asked.at {
        Some(Moment::Time(at)) => list_games_at(&server.store, phase, after, limit, at).await?,
        Some(Moment::Now) | None => list_games(&server.queries().await?, phase, after, limit, (server.clock)()).await?,
    };
    // Of a game, what an event says may be hidden.
    let broken = page.broken.into_iter().map(BrokenStream::without_details).collect();
    let page = ListPage { broken, ..page };
    Ok(answer::page(&uri, &page))
}

/// How one game is looked at.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ShowAsked {
    /// As this player sees it; the one that the caller is unless told. Who plays in no game watches.
    player_id: Option<String>,
    /// As it was at this moment; `now` is the head, shown as of the clock.
    #[param(value_type = Option<String>)]
    at: Option<Moment>,
    /// As it was at this version.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    version: Option<AskedVersion>,
    /// With all hands, the decks and the seed, for administrators.
    #[serde(default)]
    server: bool,
}

/// Show a game as somebody sees it
///
/// Its version is the ETag.
#[utoipa::path(get, path = "/api/games/{id}", tag = "games", operation_id = "showGame",
    params(("id" = String, Path, description = "Its id"), ShowAsked,
        ("If-None-Match" = Option<String>, Header, description = "Versions that the client has")),
    responses((status = 200, description = "The game", body = SeenGame, headers(("ETag" = String, description = "Its version, quoted"))),
        (status = 304, description = "The client has it"), Refused, NotThere))]
pub async fn show(
    State(server): State<Server>,
    caller: Caller,
    Named(id): Named,
    headers: HeaderMap,
    Asked(asked): Asked<ShowAsked>,
) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let sight = Sight::of(&caller, asked.player_id.as_deref(), asked.server)?;
    let until = until(asked.at, asked.version)?;
    // Who names a player wants one who plays; who only is somebody may also watch.
    let viewer = if sight.names_player() { sight.viewer().clone() } else { Viewer::Server };
    let found = show_game(&server.store, &id, until, &viewer).await?;
    let game = with_left_out(sight.state("game", found.state), &found.left_out);
    Ok(answer::at_version(&headers, found.version, &found.left_out, false, &game))
}

/// A new game.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewGame {
    /// Its id; made up unless told.
    #[schema(nullable = false)]
    game_id: Option<String>,
    /// How many will play: 2 to 5.
    #[schema(minimum = 2, maximum = 5)]
    num_players: u32,
    /// Where everything random comes from; drawn unless told. Who knows it knows the decks, so only administrators may choose it.
    #[schema(nullable = false)]
    seed: Option<u64>,
    /// How many crystals a caravan holds at the end of a turn.
    #[schema(nullable = false)]
    caravan_capacity: Option<u32>,
    /// How many point cards somebody must claim to bring the end.
    #[schema(nullable = false)]
    point_cards_to_win: Option<u32>,
}

/// Set up a game
///
/// The command `game.create`, and answered like it. Players then join with `game.join`.
#[utoipa::path(post, path = "/api/games", tag = "games", operation_id = "newGame", request_body = NewGame,
    params(("Idempotency-Key" = Option<String>, Header, description = "Sent twice with the same key, it sets up one game")),
    responses((status = 201, description = "It is set up, now or before with the same key", body = OutcomeSchema,
            headers(("Location" = String, description = "Where the game is"), ("ETag" = String, description = "Its version, quoted"))),
        (status = 409, description = "The key was used for another command", body = ErrorBody),
        (status = 422, description = "There is such a game, or a setting cannot be", body = ErrorBody), Refused, BadBody))]
pub async fn create(
    State(server): State<Server>,
    caller: Caller,
    trace: Trace,
    deadline: Deadline,
    headers: HeaderMap,
    JsonBody(game): JsonBody<NewGame>,
) -> Result<Response, Problem> {
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
    // What is percent-encoded is a header.
    if let Ok(place) = HeaderValue::try_from(format!("/api/games/{}", place.replace('+', "%20"))) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}
