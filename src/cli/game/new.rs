//! The command `esctl game new`.

use clap::Args;
use serde_json::json;
use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::write;
use crate::cli::write::WriteArgs;
use crate::domain::game::Game;
use crate::event::StreamName;
use crate::ops::seed::seed_for;

/// Create a game for 2 to 5 players
#[derive(Debug, Args)]
pub struct GameNewArgs {
    /// Id of the game [default: a new one]
    id: Option<String>,
    /// Number of players
    #[arg(long, value_name = "N", default_value_t = 2)]
    players: u32,
    /// Seed of the decks [default: a random one]. It reveals the decks
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Number of crystals that a caravan holds
    #[arg(long, value_name = "N", default_value_t = 10)]
    capacity: u32,
    /// Number of point cards that a player must claim to start the last round
    #[arg(long, value_name = "N", default_value_t = 5)]
    point_cards: u32,
    #[command(flatten)]
    write: WriteArgs,
}

impl GameNewArgs {
    pub(super) async fn run(mut self, app: &App) -> Result<(), CliError> {
        self.write = self.write.keyed(app);
        // The same id for the same idempotency key, so that a repeated command creates no second game.
        let made = || match &self.write.idempotency_key {
            Some(key) => Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("game.create\0{key}").as_bytes()),
            None => Uuid::new_v4(),
        };
        let id = self.id.clone().unwrap_or_else(|| made().to_string());
        let seed = match self.seed {
            Some(seed) => seed,
            None => seed_for(&app.store()?, &StreamName::of(Game::CATEGORY, &id)?, "seed", Uuid::new_v4()).await?,
        };
        app.record.repeat.fix("--seed", seed.to_string());
        let payload = json!({
            "num_players": self.players,
            "seed": seed,
            "caravan_capacity": self.capacity,
            "point_cards_to_win": self.point_cards,
        });
        write::send(app, &self.write, "game.create", &id, payload).await
    }
}
