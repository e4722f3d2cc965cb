//! Commands that come over a connection: which one they are for, who plays, and how they are carried out.

use serde_json::Map;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::runtime::CommandOutcome;
use crate::server::CommandRequest;
use crate::server::Problem;
use crate::server::live::socket::messages::Move;
use crate::server::live::socket::messages::Said;
use crate::server::live::socket::session::Session;

/// The game that a connection is of.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) game_id: String,
    /// Who plays at this end, where that is known.
    pub(super) player: Option<String>,
}

/// What became of a command.
pub(super) struct Answer {
    pub(super) request_id: Option<Value>,
    pub(super) outcome: Result<CommandOutcome, Problem>,
}

impl Session {
    /// The command that a message stands for.
    pub(super) fn command_of(&self, said: Said) -> Result<CommandRequest, Problem> {
        let (name, moved) = match said {
            Said::Command { command, id, with, expect_version, command_id } => {
                return Ok(self.at_the_table(CommandRequest {
                    command,
                    id,
                    with,
                    expect_version: expect_version.map(|version| version.0),
                    command_id,
                    ..CommandRequest::default()
                }));
            }
            Said::Join(moved) => ("game.join", moved),
            Said::Leave(moved) => ("game.leave", moved),
            Said::PlayCard(moved) => ("game.playCard", moved),
            Said::Acquire(moved) => ("game.acquire", moved),
            Said::Rest(moved) => ("game.rest", moved),
            Said::Claim(moved) => ("game.claim", moved),
            Said::Discard(moved) => ("game.discard", moved),
            Said::EndTurn(moved) => ("game.endTurn", moved),
            Said::Subscribe { .. } | Said::Unsubscribe { .. } | Said::Ping {} => {
                return Err(Problem::bad_request("bad_message", "this is no command"));
            }
        };
        if self.table.is_none() {
            let message = "moves are for the connection of a game";
            return Err(Problem::bad_request("no_game", message).hint("connect with gameId=…, or send it as a command"));
        }
        Ok(self.at_the_table(request(name, moved)))
    }

    /// On a game's connection the game, and who plays, go without saying.
    fn at_the_table(&self, mut request: CommandRequest) -> CommandRequest {
        let Some(Table { game_id, player }) = &self.table else { return request };
        if !request.command.starts_with("game.") {
            return request;
        }
        if request.id.is_none() && !request.with.contains_key("id") {
            request.id = Some(game_id.clone());
        }
        if let (Some(player), false) = (player, request.command == "game.create") {
            add_missing(&mut request.with, "player_id", player);
        }
        request
    }

    /// Carries a command out, beside the conversation: it runs to its end whatever becomes of the connection.
    pub(super) fn start(&self, request_id: Option<Value>, request: CommandRequest) -> JoinHandle<Answer> {
        let (server, caller) = (self.server.clone(), self.caller.clone());
        let sight = self.sight.clone();
        tokio::spawn(async move {
            let outcome = server.send_as(&caller, &sight, request, server.deadline()).await;
            Answer { request_id, outcome }
        })
    }
}

fn request(command: &str, Move { data, expect_version, command_id }: Move) -> CommandRequest {
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
