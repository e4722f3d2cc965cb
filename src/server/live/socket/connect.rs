//! `GET /ws`: a client that follows streams and sends commands over one connection.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::extract::Query;
use axum::extract::State;
use axum::extract::WebSocketUpgrade;
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::Extensions;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::event::StreamName;
use crate::event::Version;
use crate::server::Caller;
use crate::server::HttpProblem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::limits::rate::RateKey;
use crate::server::live::socket::commands::GameConnection;
use crate::server::live::socket::outgoing::MAX_WAITING_BYTES;
use crate::server::live::socket::outgoing::WRITE_BUFFER;
use crate::server::live::socket::session::ClientSession;
use crate::server::visibility::Visibility;

/// The subprotocol. A token may be offered as a second one, which is never selected.
const PROTOCOL: &str = "esctl";
/// Size of the read buffer of a client, in bytes.
const READ_BUFFER: usize = 2 << 10;

/// The parameters of a connection.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::server) struct ConnectParams {
    /// The stream to follow. More can be added with `subscribe`.
    stream: Option<String>,
    /// The game to follow and play in.
    game_id: Option<String>,
    /// The player. Default: the player that the caller acts as.
    player_id: Option<String>,
    /// The version of the last event seen. Without it the state is sent first.
    last_event_id: Option<u64>,
}

impl ConnectParams {
    fn stream(&self) -> Result<Option<StreamName>, HttpProblem> {
        Ok(match (&self.stream, &self.game_id) {
            (None, None) => None,
            (Some(stream), None) => Some(StreamName::parse(stream)?),
            (None, Some(game)) => Some(StreamName::of("game", game)?),
            (Some(_), Some(_)) => return Err(HttpProblem::bad_request("bad_request", "stream and gameId exclude each other")),
        })
    }
}

/// Follow streams and send commands over a WebSocket
///
/// Messages are JSON text, one object per message. `stream` or `gameId` selects the first stream. `subscribe` adds
/// others.
#[utoipa::path(
    get, path = "/ws", tag = "live", params(ConnectParams),
    responses(
        (status = 101, description = "The connection is upgraded to a WebSocket"),
        (status = 400, description = "Invalid request", body = crate::server::ErrorBody),
        (status = 403, description = "Not allowed for this caller", body = crate::server::ErrorBody),
        (status = 426, description = "Not a WebSocket handshake", body = crate::server::ErrorBody),
        (status = 503, description = "Maximum number of clients reached", body = crate::server::ErrorBody),
    )
)]
pub(in crate::server) async fn connect(
    State(server): State<Server>,
    caller: Caller,
    params: Result<Query<ConnectParams>, QueryRejection>,
    extensions: Extensions,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, HttpProblem> {
    caller.may(Scope::Read)?;
    let Query(params) = params.map_err(|error| HttpProblem::bad_request("bad_request", error.body_text()))?;
    let stream = params.stream()?;
    let visibility = Visibility::of(&caller, params.player_id.as_deref(), false)?;
    let upgrade = upgrade.map_err(|error| {
        let problem = HttpProblem::bad_request("upgrade_required", error.body_text());
        problem.status(StatusCode::UPGRADE_REQUIRED).hint("connect with a WebSocket client")
    })?;
    let slot = server.claim_slot()?;
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
    let rate_key = RateKey::of(&caller, peer);
    let player = params.player_id.or_else(|| caller.acts_as.clone());
    let game = params.game_id.map(|game_id| GameConnection { game_id, player });
    let limit = server.settings.max_message_bytes;
    let upgrade = upgrade.read_buffer_size(READ_BUFFER).write_buffer_size(WRITE_BUFFER).max_write_buffer_size(MAX_WAITING_BYTES);
    let upgrade = upgrade.max_message_size(limit).max_frame_size(limit).protocols([PROTOCOL]);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let _slot = slot;
        let mut session = ClientSession::new(&server, caller, rate_key, visibility, game, socket);
        session.run(stream, params.last_event_id.map(Version)).await;
    }))
}
