//! `esctl game join|leave|play|acquire|rest|claim|discard|end-turn`: what players do.

use clap::Args;
use clap::ValueEnum;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::game::cards::draw;
use crate::cli::values::WriteArgs;
use crate::cli::write;

/// Which game, who, and how it is written.
#[derive(Debug, Args)]
pub struct Seat {
    /// Which game
    id: String,
    /// Who plays [default: who is asking, see --client]
    #[arg(long, value_name = "P")]
    player: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

/// A colour.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Colour {
    Yellow,
    Green,
    Blue,
    Pink,
}

impl Colour {
    fn name(self) -> &'static str {
        ["yellow", "green", "blue", "pink"][self as usize]
    }
}

/// For clap: `yellow=2`.
fn counted(text: &str) -> Result<(Colour, u32), String> {
    let (colour, count) = text.split_once('=').unwrap_or((text, "1"));
    let count = count.parse().map_err(|_| format!("{count} is no number of crystals"))?;
    Ok((Colour::from_str(colour, true).map_err(|_| "wanted yellow, green, blue or pink, as in yellow=2")?, count))
}

/// Sit down; the last one to do so starts the game
#[derive(Debug, Args)]
pub struct Join {
    #[command(flatten)]
    seat: Seat,
}

/// Get up
#[derive(Debug, Args)]
pub struct Leave {
    #[command(flatten)]
    seat: Seat,
}

/// Play a merchant from the hand
#[derive(Debug, Args)]
pub struct Play {
    #[command(flatten)]
    seat: Seat,
    /// Which merchant, by the name of its card
    card: String,
    /// How often a trade is made
    #[arg(long, value_name = "N")]
    times: Option<u32>,
    /// Crystals that go up a step each, one after the other: yellow,green
    #[arg(long, value_name = "COLOUR", value_delimiter = ',')]
    upgrade: Vec<Colour>,
}

/// Take a merchant from the market, for a crystal on each of those to its left
#[derive(Debug, Args)]
pub struct Acquire {
    #[command(flatten)]
    seat: Seat,
    /// Its place in the row, from 0
    index: u32,
    /// The crystals, from the first card on: yellow,yellow
    #[arg(long, value_name = "COLOUR", value_delimiter = ',')]
    pay: Vec<Colour>,
}

/// Take all played merchants back
#[derive(Debug, Args)]
pub struct Rest {
    #[command(flatten)]
    seat: Seat,
}

/// Pay a point card
#[derive(Debug, Args)]
pub struct Claim {
    #[command(flatten)]
    seat: Seat,
    /// Its place in the row, from 0
    index: u32,
}

/// Give up crystals that the caravan cannot hold
#[derive(Debug, Args)]
pub struct Discard {
    #[command(flatten)]
    seat: Seat,
    /// Which: yellow=2 pink=1
    #[arg(required = true, value_name = "COLOUR=N", value_parser = counted)]
    crystals: Vec<(Colour, u32)>,
}

/// Let the next player go on
#[derive(Debug, Args)]
pub struct EndTurn {
    #[command(flatten)]
    seat: Seat,
}

impl Seat {
    async fn send(self, app: &App, command: &str, mut payload: Value) -> Result<(), CliError> {
        payload["player_id"] = self.player.unwrap_or_else(|| app.client()).into();
        write::send(app, &self.write, command, &self.id, payload, |outcome, sheet| draw(&outcome.state, sheet)).await
    }
}

fn names(colours: &[Colour]) -> Value {
    colours.iter().map(|colour| colour.name()).collect()
}

impl Join {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        self.seat.send(app, "game.join", json!({})).await
    }
}

impl Leave {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        self.seat.send(app, "game.leave", json!({})).await
    }
}

impl Play {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let mut payload = json!({ "card": self.card, "upgrade": names(&self.upgrade) });
        if let Some(times) = self.times {
            payload["times"] = times.into();
        }
        self.seat.send(app, "game.playCard", payload).await
    }
}

impl Acquire {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        self.seat.send(app, "game.acquire", json!({ "index": self.index, "pay": names(&self.pay) })).await
    }
}

impl Rest {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        self.seat.send(app, "game.rest", json!({})).await
    }
}

impl Claim {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        self.seat.send(app, "game.claim", json!({ "index": self.index })).await
    }
}

impl Discard {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let mut crystals = Map::new();
        for (colour, count) in self.crystals {
            let before = crystals.get(colour.name()).and_then(Value::as_u64).unwrap_or(0);
            crystals.insert(colour.name().to_owned(), (before + u64::from(count)).into());
        }
        self.seat.send(app, "game.discard", json!({ "crystals": crystals })).await
    }
}

impl EndTurn {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        self.seat.send(app, "game.endTurn", json!({})).await
    }
}
