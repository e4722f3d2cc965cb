//! Bots that take the empty seats of a game and play it, move by move.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::domain::game::Bot;
use crate::domain::game::Game;
use crate::domain::game::Phase;
use crate::ops::error::OpsError;
use crate::ops::games::show::game_at;
use crate::ops::games::show::game_stream;
use crate::runtime::CommandBus;
use crate::runtime::CommandEnvelope;
use crate::runtime::LoadOptions;
use crate::store::Store;

/// What bots shall do.
#[derive(Debug, Clone)]
pub struct BotPlay {
    /// In which game.
    pub id: String,
    /// For whom they play; nobody: for all, and they take the seats that are empty.
    pub players: Vec<String>,
    /// What they decide by where the rules leave something open.
    pub seed: u64,
    /// After so many moves they stop.
    pub moves: u64,
    /// Who sends the commands.
    pub client_id: String,
}

/// A move of a bot, and what it led to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BotMove {
    /// The version of the game after it.
    pub version: crate::event::Version,
    /// The command.
    pub command: &'static str,
    /// What the command said.
    pub with: Value,
    /// The types of the events it led to.
    pub events: Vec<String>,
}

/// Bots at a table.
pub struct Bots {
    store: Store,
    bus: CommandBus,
    play: BotPlay,
    bot: Bot,
    left: u64,
}

impl Bots {
    /// Sits down.
    pub fn new(store: &Store, bus: CommandBus, play: BotPlay) -> Self {
        Self { store: store.clone(), bus, bot: Bot::new(play.seed), left: play.moves, play }
    }

    /// Makes the next move; none when the game is over, when it is the turn of somebody they do not play for, when
    /// players are missing, or after as many moves as they were told.
    ///
    /// # Errors
    /// [`OpsError::NotFound`] when there is no such game; a conflict or a rejection when somebody else plays for the same
    /// player at the same time; or as the store says.
    pub async fn next(&mut self) -> Result<Option<BotMove>, OpsError> {
        if self.left == 0 {
            return Ok(None);
        }
        let stream = game_stream(&self.store, &self.play.id).await?;
        let game = game_at(&self.store, &stream, LoadOptions::default().up_to).await?;
        let Some((command, with)) = self.decide(game.state()) else { return Ok(None) };
        self.left -= 1;
        let envelope = CommandEnvelope {
            command: command.to_owned(),
            id: self.play.id.clone(),
            payload: with.clone(),
            client_id: self.play.client_id.clone(),
            correlation_id: None,
            causation_id: None,
            idempotency_key: None,
            // Decided on this state and on no other.
            expected: Some(game.stream_version()),
            retry_for: Duration::ZERO,
            retries: None,
            dry_run: false,
        };
        let outcome = self.bus.send(&envelope).await?;
        let events = outcome.events.into_iter().map(|event| event.event_type).collect();
        Ok(Some(BotMove { version: outcome.version, command, with, events }))
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
