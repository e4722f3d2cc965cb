//! The command `esctl game list`.

use clap::Args;
use clap::ValueEnum;
use serde_json::Value;

use crate::cli::app::App;
use crate::cli::arg_values::limit;
use crate::cli::as_of::AtArgs;
use crate::cli::as_of::TIME_HELP;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::pages::all_pages;
use crate::domain::game::Phase;
use crate::ops::games::GameSummary;
use crate::ops::games::list_games;

/// The fields of an item, in their order.
const FIELDS: [&str; 9] = ["id", "phase", "players", "num_players", "round", "turn", "winner", "version", "last_updated"];

/// List games, now or at a time
#[derive(Debug, Args)]
#[command(after_help = TIME_HELP)]
pub struct GameListArgs {
    /// Only games in this phase
    #[arg(long)]
    phase: Option<PhaseArg>,
    /// Maximum number of games
    #[arg(long, value_name = "N", value_parser = limit)]
    limit: Option<usize>,
    /// Only games after this id
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    #[command(flatten)]
    at: AtArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PhaseArg {
    Waiting,
    Playing,
    Finished,
}

impl From<PhaseArg> for Phase {
    fn from(asked: PhaseArg) -> Self {
        match asked {
            PhaseArg::Waiting => Self::Waiting,
            PhaseArg::Playing => Self::Playing,
            PhaseArg::Finished => Self::Finished,
        }
    }
}

impl GameListArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let source = self.at.source(app).await?;
        let listing = Listing::new(["id", "phase", "players", "round", "turn", "winner", "updated"]);
        let listing = listing.fields(FIELDS).empty("no games");
        let mut list = app.out.list(if self.limit.is_some() { listing.unlimited() } else { listing });
        let phase = self.phase.map(Phase::from);
        let page = |after, limit| list_games(&source, phase, after, limit);
        let end = all_pages(self.after, self.limit, page, |games: Vec<GameSummary>| {
            for game in games {
                if !list.push(&game, || cells(&game))? {
                    return Ok(false);
                }
            }
            Ok(true)
        });
        end.await?.finish(app, list, "category game")
    }
}

fn cells(game: &GameSummary) -> Vec<Cell> {
    let text = |value: &Value| value.as_str().map_or_else(Cell::none, Cell::new);
    let players: Vec<&str> = game.players.iter().filter_map(Value::as_str).collect();
    let missing = game.num_players.as_u64().unwrap_or(0).saturating_sub(players.len() as u64);
    let waiting = if missing > 0 { format!(" (+{missing})") } else { String::new() };
    vec![
        text(&game.id),
        text(&game.phase),
        format!("{}{waiting}", players.join(", ")).into(),
        Cell::number(&game.round),
        text(&game.turn),
        text(&game.winner),
        Cell::json(&game.last_updated),
    ]
}
