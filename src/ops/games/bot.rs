//! Bots that join a game and play it, move by move.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::domain::game::Bot;
use crate::domain::game::Game;
use crate::domain::game::Phase;
use crate::event::StreamName;
use crate::ops::error::OpsError;
use crate::ops::games::show::game_at;
use crate::ops::games::show::game_stream;
use crate::runtime::CommandBus;
use crate::runtime::CommandEnvelope;
use crate::runtime::LoadOptions;
use crate::runtime::WriteOptions;
use crate::runtime::key_event_id;
use crate::store::Store;

/// The input of a play of bots.
#[derive(Debug, Clone)]
pub struct BotPlay {
    /// The id of the game.
    pub id: String,
    /// The players that bots play for; empty: all of them, and bots join until the game is full.
    pub players: Vec<String>,
    /// The seed for choices that the rules leave open.
    pub seed: u64,
    /// Maximum number of moves.
    pub moves: u64,
    /// The client that sends the commands.
    pub client_id: String,
    /// The key of this play. Each move has a key derived from it, so that a repeated play repeats no move.
    pub idempotency_key: String,
}

/// A move of a bot, and its events.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BotMove {
    /// The version of the game after the move.
    pub version: crate::event::Version,
    /// The command.
    pub command: &'static str,
    /// The payload of the command.
    pub with: Value,
    /// The types of the events.
    pub events: Vec<String>,
}

/// Bots in a game.
pub struct Bots {
    store: Store,
    bus: CommandBus,
    play: BotPlay,
    bot: Bot,
    /// The number of moves that were made under the key of this play; none before they were counted.
    made: Option<u64>,
}

impl Bots {
    /// Returns bots for a game.
    pub fn new(store: &Store, bus: CommandBus, play: BotPlay) -> Self {
        Self { store: store.clone(), bus, bot: Bot::new(play.seed), made: None, play }
    }

    /// Makes the next move. None when the game is over, another player has the turn, players are missing, or the maximum number of
    /// moves was made.
    ///
    /// # Errors
    /// [`OpsError::NotFound`] when there is no such game; a conflict or a rejection when the same player moves at the same time.
    pub async fn next(&mut self) -> Result<Option<BotMove>, OpsError> {
        let stream = game_stream(&self.store, &self.play.id).await?;
        let made = match self.made {
            Some(made) => made,
            None => self.count_made(&stream).await?,
        };
        self.made = Some(made);
        if made >= self.play.moves {
            return Ok(None);
        }
        let (game, _) = game_at(&self.store, &stream, LoadOptions::default().up_to).await?;
        let Some((command, with)) = self.decide(game.state()) else { return Ok(None) };
        // The move is only valid for the state that it was decided on.
        let options = WriteOptions::by(&self.play.client_id).keyed(self.key_of_move(made)).expecting(game.stream_version());
        let options = options.retrying_for(Duration::ZERO);
        let envelope = CommandEnvelope::new(command, &self.play.id, with.clone(), options);
        let outcome = self.bus.send(&envelope).await?;
        self.made = Some(made + 1);
        let events = outcome.events.into_iter().map(|event| event.event_type).collect();
        Ok(Some(BotMove { version: outcome.version, command, with, events }))
    }

    fn key_of_move(&self, index: u64) -> String {
        format!("{}/{index}", self.play.idempotency_key)
    }

    /// Counts the moves that were made under the key of this play.
    async fn count_made(&self, stream: &StreamName) -> Result<u64, OpsError> {
        let mut made = 0;
        while made < self.play.moves {
            let id = key_event_id(stream, &self.key_of_move(made), 0);
            if self.store.events_by_id(vec![id]).await?.is_empty() {
                break;
            }
            made += 1;
        }
        Ok(made)
    }

    fn decide(&mut self, game: &Game) -> Option<(&'static str, Value)> {
        if game.phase == Phase::Waiting && self.play.players.is_empty() {
            let names = (1..).map(|number| format!("bot-{number}"));
            let name = names.into_iter().find(|name| game.player(name).is_none())?;
            return Some(("game.join", json!({ "player_id": name })));
        }
        let current = &game.current()?.player_id;
        let plays = self.play.players.is_empty() || self.play.players.contains(current);
        if plays { self.bot.next(game) } else { None }
    }
}
