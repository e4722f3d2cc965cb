//! `esctl game new`

use clap::Args;
use serde_json::json;
use uuid::Uuid;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::game::cards::draw;
use crate::cli::values::WriteArgs;
use crate::cli::write;
use crate::ops::games::seed_for;

/// Set up a table for 2 to 5 players
#[derive(Debug, Args)]
pub struct New {
    /// Its id; made when not given
    id: Option<String>,
    /// How many play
    #[arg(long, value_name = "N", default_value_t = 2)]
    players: u32,
    /// Where everything random comes from; made when not given. Who knows it knows the decks
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many crystals a caravan holds
    #[arg(long, value_name = "N", default_value_t = 10)]
    capacity: u32,
    /// How many point cards somebody must claim to bring the end
    #[arg(long, value_name = "N", default_value_t = 5)]
    point_cards: u32,
    #[command(flatten)]
    write: WriteArgs,
}

impl New {
    pub(super) async fn run(mut self, app: &App) -> Result<(), CliError> {
        self.write = self.write.keyed(app);
        // The same one again for the same idempotency key, or the key would set up two tables.
        let made = || match &self.write.idempotency_key {
            Some(key) => Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("game.create\0{key}").as_bytes()),
            None => Uuid::new_v4(),
        };
        let id = self.id.clone().unwrap_or_else(|| made().to_string());
        let seed = match self.seed {
            Some(seed) => seed,
            None => seed_for(&app.store()?, &id, Uuid::new_v4()).await?,
        };
        app.record.repeat.fix("--seed", seed.to_string());
        let payload = json!({
            "num_players": self.players,
            "seed": seed,
            "caravan_capacity": self.capacity,
            "point_cards_to_win": self.point_cards,
        });
        write::send(app, &self.write, "game.create", &id, payload, |outcome, sheet| draw(&outcome.state, sheet)).await
    }
}
