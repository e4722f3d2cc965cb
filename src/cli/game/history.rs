//! The command `esctl game history`.

use clap::Args;
use serde_json::Value;

use crate::aggregate::Aggregate;
use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::game::viewer::viewer;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::selection::HistoryDecision;
use crate::cli::selection::HistoryFilterArgs;
use crate::domain::game::Game;
use crate::ops::games::GameHistory;

/// The fields of an item, in their order.
const FIELDS: [&str; 8] = ["version", "position", "recorded_at", "type", "client_id", "player_id", "data", "event_id"];

/// Show the events of a game
#[derive(Debug, Args)]
pub struct GameHistoryArgs {
    /// Id of the game
    #[arg(add = NameSource::ids_of("game"))]
    id: String,
    /// Show what this player may see: without the seed
    #[arg(long, value_name = "P")]
    player: Option<String>,
    #[command(flatten)]
    asked: HistoryFilterArgs,
}

impl GameHistoryArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        app.warn_quarantined(&store, &format!("game-{}", self.id)).await?;
        let mut history = GameHistory::open(&store, &self.id, viewer(self.player)).await?;
        let mut page = self.asked.page(app, &store, Game::CATEGORY, &self.id).await?;
        let listing = Listing::new(["version", "time", "player", "what", "data"]).fields(FIELDS);
        let mut list = app.out.list(listing);
        while let Some(entries) = history.next().await? {
            for entry in entries {
                match page.decide(entry.version, entry.client_id.as_deref()) {
                    HistoryDecision::Shown => {}
                    HistoryDecision::LeftOut => continue,
                    HistoryDecision::Ended => return list.finish(page.next()),
                }
                let more = list.push(&entry, || {
                    vec![
                        entry.version.into(),
                        entry.recorded_at.into(),
                        entry.player_id.clone().into(),
                        entry.event_type.as_str().into(),
                        Cell::data(&Value::Object(entry.data.clone())),
                    ]
                })?;
                if !more {
                    return list.finish(None);
                }
            }
        }
        list.finish(None)
    }
}
