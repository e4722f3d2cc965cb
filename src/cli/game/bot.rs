//! `esctl game bot`

use clap::Args;
use uuid::Uuid;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::values::token;
use crate::ops::games::BotPlay;
use crate::ops::games::Bots;

/// The fields of an item, in their order.
const FIELDS: [&str; 4] = ["version", "command", "with", "events"];

/// Let bots play
///
/// They take the seats that are empty, and play legal moves until the game is over.
#[derive(Debug, Args)]
pub struct Bot {
    /// Which game
    id: String,
    /// Play only for these players, as long as it is their turn, and take no seats
    #[arg(long, value_name = "P")]
    player: Vec<String>,
    /// Stop after so many moves
    #[arg(long, value_name = "N")]
    moves: Option<u64>,
    /// What they decide by where the rules leave something open; made when not given
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Key that makes a repeat safe: moves that were made under it count toward --moves and are not made again [default: a
    /// new key]
    #[arg(long, value_name = "KEY", value_parser = token)]
    idempotency_key: Option<String>,
}

impl Bot {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let seed = self.seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
        app.record.repeat.fix("--seed", seed.to_string());
        let play = BotPlay {
            id: self.id,
            players: self.player,
            seed,
            idempotency_key: app.idempotency_key(self.idempotency_key.as_deref()),
            moves: self.moves.unwrap_or(u64::MAX),
            client_id: app.client(),
        };
        let mut bots = Bots::new(&store, app.command_bus(&store, None), play);
        let listing = Listing::new(["version", "command", "with", "events"]).fields(FIELDS);
        // What is done is done, however much of it is shown.
        let mut list = app.out.list(listing.unlimited().empty("there is nothing for them to do"));
        while let Some(made) = bots.next().await? {
            list.push(&made, || {
                vec![made.version.into(), made.command.into(), Cell::new(&made.with), made.events.join(", ").into()]
            })?;
        }
        list.finish(None)
    }
}
