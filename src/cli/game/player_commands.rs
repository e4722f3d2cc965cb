//! The commands of players: `esctl game join|leave|play|acquire|rest|claim|discard|end-turn`.

use clap::Args;
use clap::ValueEnum;
use clap::builder::PossibleValue;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::cli::app::App;
use crate::cli::arg_values::value_names;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::write;
use crate::cli::write::WriteArgs;
use crate::domain::game::Crystal;

/// The game, the player and the write options.
#[derive(Debug, Args)]
pub struct GamePlayerArgs {
    /// Id of the game
    #[arg(add = NameSource::ids_of("game"))]
    id: String,
    /// Player [default: the client, see --client]
    #[arg(long, value_name = "P")]
    player: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl ValueEnum for Crystal {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.to_string()))
    }
}

/// Parses a colour and a number of crystals, `yellow=2`, for clap.
fn counted(text: &str) -> Result<(Crystal, u32), String> {
    let (colour, count) = text.split_once('=').unwrap_or((text, "1"));
    let count = count.parse().map_err(|_| format!("{count} is not a number of crystals"))?;
    let expected = |_| format!("expected {}, as in yellow=2", value_names::<Crystal>());
    Ok((Crystal::from_str(colour, true).map_err(expected)?, count))
}

/// Join a game; the last player to join starts it
#[derive(Debug, Args)]
pub struct GameJoinArgs {
    #[command(flatten)]
    player: GamePlayerArgs,
}

/// Leave a game
#[derive(Debug, Args)]
pub struct GameLeaveArgs {
    #[command(flatten)]
    player: GamePlayerArgs,
}

/// Play a merchant card from the hand
#[derive(Debug, Args)]
pub struct GamePlayArgs {
    #[command(flatten)]
    player: GamePlayerArgs,
    /// Id of the merchant card
    card: String,
    /// Number of times that a trade is made
    #[arg(long, value_name = "N")]
    times: Option<u32>,
    /// Crystals to upgrade, one step each, in order: yellow,green
    #[arg(long, value_name = "COLOUR", value_delimiter = ',')]
    upgrade: Vec<Crystal>,
}

/// Acquire a merchant card from the market, for a crystal on each card to its left
#[derive(Debug, Args)]
pub struct GameAcquireArgs {
    #[command(flatten)]
    player: GamePlayerArgs,
    /// Index of the card in the market, from 0
    index: u32,
    /// Crystals to pay, from the first card on: yellow,yellow
    #[arg(long, value_name = "COLOUR", value_delimiter = ',')]
    pay: Vec<Crystal>,
}

/// Take all played merchant cards back into the hand
#[derive(Debug, Args)]
pub struct GameRestArgs {
    #[command(flatten)]
    player: GamePlayerArgs,
}

/// Claim a point card and pay for it
#[derive(Debug, Args)]
pub struct GameClaimArgs {
    #[command(flatten)]
    player: GamePlayerArgs,
    /// Index of the card in the row, from 0
    index: u32,
}

/// Discard crystals beyond the capacity of the caravan
#[derive(Debug, Args)]
pub struct GameDiscardArgs {
    #[command(flatten)]
    player: GamePlayerArgs,
    /// Crystals to discard: yellow=2 pink=1
    #[arg(required = true, value_name = "COLOUR=N", value_parser = counted)]
    crystals: Vec<(Crystal, u32)>,
}

/// End the turn
#[derive(Debug, Args)]
pub struct GameEndTurnArgs {
    #[command(flatten)]
    player: GamePlayerArgs,
}

impl GamePlayerArgs {
    async fn send(self, app: &App, command: &str, mut payload: Value) -> Result<(), CliError> {
        payload["player_id"] = self.player.unwrap_or_else(|| app.client()).into();
        write::send(app, &self.write, command, &self.id, payload).await
    }
}

fn names(colours: &[Crystal]) -> Value {
    colours.iter().map(Crystal::to_string).collect()
}

impl GameJoinArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        self.player.send(app, "game.join", json!({})).await
    }
}

impl GameLeaveArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        self.player.send(app, "game.leave", json!({})).await
    }
}

impl GamePlayArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let mut payload = json!({ "card": self.card, "upgrade": names(&self.upgrade) });
        if let Some(times) = self.times {
            payload["times"] = times.into();
        }
        self.player.send(app, "game.playCard", payload).await
    }
}

impl GameAcquireArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        self.player.send(app, "game.acquire", json!({ "index": self.index, "pay": names(&self.pay) })).await
    }
}

impl GameRestArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        self.player.send(app, "game.rest", json!({})).await
    }
}

impl GameClaimArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        self.player.send(app, "game.claim", json!({ "index": self.index })).await
    }
}

impl GameDiscardArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let mut crystals = Map::new();
        for (colour, count) in self.crystals {
            let colour = colour.to_string();
            let before = crystals.get(&colour).and_then(Value::as_u64).unwrap_or(0);
            crystals.insert(colour, (before + u64::from(count)).into());
        }
        self.player.send(app, "game.discard", json!({ "crystals": crystals })).await
    }
}

impl GameEndTurnArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        self.player.send(app, "game.endTurn", json!({})).await
    }
}
