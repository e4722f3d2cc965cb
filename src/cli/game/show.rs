//! The command `esctl game show`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::as_of::AsOfArgs;
use crate::cli::as_of::TIME_HELP;
use crate::cli::error::CliError;
use crate::cli::game::draw_game::draw;
use crate::cli::game::viewer::viewer;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::ops::games::show_game;
use crate::ops::show_resource::with_left_out;

/// Show a game, now or at a version or time, in full or as a player sees it
#[derive(Debug, Args)]
#[command(after_help = TIME_HELP)]
pub struct GameShowArgs {
    /// Id of the game
    #[arg(add = NameSource::ids_of("game"))]
    id: String,
    /// Show what this player may see: without the hands of others, the decks and the seed
    #[arg(long, value_name = "P")]
    player: Option<String>,
    #[command(flatten)]
    as_of: AsOfArgs,
}

impl GameShowArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let until = self.as_of.until(app, &store).await?;
        let report = show_game(&store, &self.id, until, &viewer(self.player)).await?;
        app.warn_left_out(&report.left_out);
        let game = with_left_out(report.state, &report.left_out);
        app.out.one(&game, |sheet| {
            sheet.field("id", game["id"].as_str().map_or_else(Cell::none, Cell::new));
            sheet.field("version", Cell::new(&game["version"]));
            draw(&game, sheet);
        })
    }
}
