//! `GET /ws`: a client that is told what happens, and sends commands, over one connection.

mod close;
mod commanding;
mod following;
mod messages;
mod out;
mod session;

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
use crate::server::Problem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::admit::Sender;
use crate::server::live::socket::commanding::Table;
use crate::server::live::socket::session::Session;
use crate::server::live::take_place;
use crate::server::sight::Sight;

/// The subprotocol. A token may be offered beside it, and is not answered.
const PROTOCOL: &str = "esctl";
/// Bytes that are read at once. Each client has as many for as long as it is there.
const READ_BUFFER: usize = 2 << 10;
/// Bytes that are gathered before they are sent.
const WRITE_BUFFER: usize = 8 << 10;
/// Bytes that may wait to be written to one client.
const MOST_WAITING: usize = 4 << 20;
/// The longest message to a client: there must be room for it behind those that were gathered.
const MOST_TOLD: usize = MOST_WAITING - 4 * WRITE_BUFFER;

/// What a client connects for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::server) struct Asked {
    /// The stream to follow. More can be asked for later.
    stream: Option<String>,
    /// The game to follow and play in.
    game_id: Option<String>,
    /// Who plays. With a token it is whoever the token says.
    player_id: Option<String>,
    /// The version of the last event seen. Without it the state comes first.
    last_event_id: Option<u64>,
}

impl Asked {
    fn stream(&self) -> Result<Option<StreamName>, Problem> {
        Ok(match (&self.stream, &self.game_id) {
            (None, None) => None,
            (Some(stream), None) => Some(StreamName::parse(stream)?),
            (None, Some(game)) => Some(StreamName::of("game", game)?),
            (Some(_), Some(_)) => return Err(Problem::bad_request("bad_request", "stream or gameId, not both")),
        })
    }
}

/// Follow streams and send commands over a WebSocket
///
/// Messages are JSON text, one object a message. Follow a stream with `stream` or `gameId`, and any number of others by `subscribe`.
#[utoipa::path(
    get, path = "/ws", tag = "live", params(Asked),
    responses(
        (status = 101, description = "The connection is a WebSocket from here on"),
        (status = 400, description = "What is asked for cannot be", body = crate::server::ErrorBody),
        (status = 403, description = "Not for this caller", body = crate::server::ErrorBody),
        (status = 426, description = "This is no WebSocket handshake", body = crate::server::ErrorBody),
        (status = 503, description = "No room for another client", body = crate::server::ErrorBody),
    )
)]
pub(in crate::server) async fn connect(
    State(server): State<Server>,
    caller: Caller,
    asked: Result<Query<Asked>, QueryRejection>,
    extensions: Extensions,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let Query(asked) = asked.map_err(|error| Problem::bad_request("bad_request", error.body_text()))?;
    let stream = asked.stream()?;
    let sight = Sight::of(&caller, asked.player_id.as_deref(), false)?;
    let upgrade = upgrade.map_err(|error| {
        let problem = Problem::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", error.body_text());
        problem.hint("this is for WebSocket clients")
    })?;
    let here = take_place(&server)?;
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
    let sender = Sender::of(&caller, peer);
    let player = asked.player_id.or_else(|| caller.acts_as.clone());
    let table = asked.game_id.map(|game_id| Table { game_id, player });
    let limit = server.settings.max_message_bytes;
    let upgrade = upgrade.read_buffer_size(READ_BUFFER).write_buffer_size(WRITE_BUFFER).max_write_buffer_size(MOST_WAITING);
    let upgrade = upgrade.max_message_size(limit).max_frame_size(limit).protocols([PROTOCOL]);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let _here = here;
        let mut session = Session::new(&server, caller, sender, sight, table, socket);
        session.run(stream, asked.last_event_id.map(Version)).await;
    }))
}
