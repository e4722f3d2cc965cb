//! Commands over a WebSocket connection.

use serde_json::Map;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::runtime::CommandOutcome;
use crate::server::Caller;
use crate::server::CommandRequest;
use crate::server::HttpProblem;
use crate::server::Server;
use crate::server::live::socket::messages::ClientMessage;
use crate::server::live::socket::messages::GameMove;
use crate::server::visibility::Visibility;

/// The game that a connection belongs to.
#[derive(Debug, Clone)]
pub(super) struct GameConnection {
    pub(super) game_id: String,
    /// The player at this connection, if known.
    pub(super) player: Option<String>,
}

/// The outcome of a command.
pub(super) struct CommandReply {
    pub(super) request_id: Option<Value>,
    pub(super) outcome: Result<CommandOutcome, HttpProblem>,
}

impl GameConnection {
    /// Returns the command of a message, for the game of the connection if there is one.
    pub(super) fn request_of(game: Option<&Self>, message: ClientMessage) -> Result<CommandRequest, HttpProblem> {
        let (name, arguments) = match message {
            ClientMessage::Command { command, id, with, expect_version, command_id } => {
                let request = CommandRequest {
                    command,
                    id,
                    with,
                    expect_version: expect_version.map(|version| version.0),
                    command_id,
                    ..CommandRequest::default()
                };
                return Ok(match game {
                    Some(game) => game.complete(request),
                    None => request,
                });
            }
            ClientMessage::Join(arguments) => ("game.join", arguments),
            ClientMessage::Leave(arguments) => ("game.leave", arguments),
            ClientMessage::PlayCard(arguments) => ("game.playCard", arguments),
            ClientMessage::Acquire(arguments) => ("game.acquire", arguments),
            ClientMessage::Rest(arguments) => ("game.rest", arguments),
            ClientMessage::Claim(arguments) => ("game.claim", arguments),
            ClientMessage::Discard(arguments) => ("game.discard", arguments),
            ClientMessage::EndTurn(arguments) => ("game.endTurn", arguments),
            ClientMessage::Subscribe { .. } | ClientMessage::Unsubscribe { .. } | ClientMessage::Ping {} => {
                return Err(HttpProblem::bad_request("bad_message", "message is not a command"));
            }
        };
        let no_game = || {
            let problem = HttpProblem::bad_request("no_game", "a move requires the connection of a game");
            problem.hint("connect with gameId=…, or send the move as a command")
        };
        Ok(game.ok_or_else(no_game)?.complete(request(name, arguments)))
    }

    /// Adds the game and the player of the connection to a command of a game, where they are missing.
    fn complete(&self, mut request: CommandRequest) -> CommandRequest {
        if !request.command.starts_with("game.") {
            return request;
        }
        if request.id.is_none() && !request.with.contains_key("id") {
            request.id = Some(self.game_id.clone());
        }
        if let (Some(player), false) = (&self.player, request.command == "game.create") {
            add_missing(&mut request.with, "player_id", player);
        }
        request
    }
}

/// Starts a command on a task of its own. It runs to its end even if the connection ends.
pub(super) fn start(
    server: &Server,
    caller: &Caller,
    visibility: &Visibility,
    request_id: Option<Value>,
    request: CommandRequest,
) -> JoinHandle<CommandReply> {
    let (server, caller, visibility) = (server.clone(), caller.clone(), visibility.clone());
    tokio::spawn(async move {
        let outcome = server.send_as(&caller, &visibility, request, server.deadline()).await;
        CommandReply { request_id, outcome }
    })
}

fn request(command: &str, GameMove { data, expect_version, command_id }: GameMove) -> CommandRequest {
    CommandRequest {
        command: command.to_owned(),
        with: data,
        expect_version: expect_version.map(|version| version.0),
        command_id,
        ..CommandRequest::default()
    }
}

fn add_missing(with: &mut Map<String, Value>, name: &str, value: &str) {
    if !with.contains_key(name) {
        with.insert(name.to_owned(), value.into());
    }
}
