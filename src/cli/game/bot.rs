//! The command `esctl game bot`.

use clap::Args;
use uuid::Uuid;

use crate::cli::app::App;
use crate::cli::arg_values::token;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::ops::games::BotPlay;
use crate::ops::games::Bots;

/// The fields of an item, in their order.
const FIELDS: [&str; 4] = ["version", "command", "with", "events"];

/// Let bots play a game
///
/// Bots join as the missing players, and make legal moves until the game is over.
#[derive(Debug, Args)]
pub struct GameBotArgs {
    /// Id of the game
    #[arg(add = NameSource::ids_of("game"))]
    id: String,
    /// Play for these players only, as long as it is their turn, and let no bot join
    #[arg(long, value_name = "P")]
    player: Vec<String>,
    /// Maximum number of moves
    #[arg(long, value_name = "N")]
    moves: Option<u64>,
    /// Seed of the choices that the rules leave open [default: a random one]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Idempotency key: repeated moves are made once, and count toward --moves [default: a new key]
    #[arg(long, value_name = "KEY", value_parser = token)]
    idempotency_key: Option<String>,
}

impl GameBotArgs {
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
        // The moves are made, however many rows are shown.
        let mut list = app.out.list(listing.unlimited().empty("the bots had no move to make"));
        while let Some(made) = bots.next().await? {
            list.push(&made, || {
                vec![made.version.into(), made.command.into(), Cell::data(&made.with), made.events.join(", ").into()]
            })?;
        }
        list.finish(None)
    }
}
