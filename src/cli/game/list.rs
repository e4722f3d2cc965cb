//! `esctl game list`

use clap::Args;
use clap::ValueEnum;
use serde_json::Value;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::projection::warn_caveats;
use crate::cli::values::all_pages;
use crate::cli::values::limit;
use crate::domain::game::Phase;
use crate::ops::games::GameSummary;
use crate::ops::games::list_games;

/// The fields of an item, in their order.
const FIELDS: [&str; 9] = ["id", "phase", "players", "num_players", "round", "turn", "winner", "version", "last_updated"];

/// List games
#[derive(Debug, Args)]
pub struct List {
    /// Only those that are so far
    #[arg(long)]
    phase: Option<AskedPhase>,
    /// At most so many
    #[arg(long, value_name = "N", value_parser = limit)]
    limit: Option<usize>,
    /// Only those after this id
    #[arg(long, value_name = "ID")]
    after: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum AskedPhase {
    Waiting,
    Playing,
    Finished,
}

impl From<AskedPhase> for Phase {
    fn from(asked: AskedPhase) -> Self {
        match asked {
            AskedPhase::Waiting => Self::Waiting,
            AskedPhase::Playing => Self::Playing,
            AskedPhase::Finished => Self::Finished,
        }
    }
}

impl List {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let queries = app.query_bus(&app.store()?);
        let listing = Listing::new(["id", "phase", "players", "round", "turn", "winner", "updated"]);
        let listing = listing.fields(FIELDS).empty("no games");
        let mut list = app.out.list(if self.limit.is_some() { listing.unlimited() } else { listing });
        let (queries, now, phase) = (&queries, app.now(), self.phase.map(Phase::from));
        let page = |after, limit| async move { list_games(queries, phase, after, limit, now).await };
        let next = all_pages(self.after, self.limit, page, |games: Vec<GameSummary>| {
            for game in games {
                if !list.push(&game, || cells(&game))? {
                    return Ok(false);
                }
            }
            Ok(true)
        });
        let (next, caveats) = next.await?;
        list.finish(next)?;
        warn_caveats(app, "games", caveats.into_iter().map(|listed| listed.caveat));
        Ok(())
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
        text(&game.last_updated),
    ]
}
