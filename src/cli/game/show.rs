//! `esctl game show`

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::game::cards::draw;
use crate::cli::game::viewer;
use crate::cli::output::Cell;
use crate::cli::values::place;
use crate::event::Version;
use crate::ops::games::show_game;
use crate::ops::replay::Until;
use crate::ops::show_resource::with_left_out;

/// Show a game, as it is or was, in full or as a player sees it
#[derive(Debug, Args)]
#[command(
    after_help = "TIME: RFC 3339, '2025-12-03 16:46' (local time), a date, 'yesterday 16:46', 'monday 9:00', now, '10m ago', @UNIXSECONDS; a zone in brackets counts."
)]
pub struct Show {
    /// Which game
    id: String,
    /// As this player sees it: without the hands of the others, the decks and the seed
    #[arg(long, value_name = "P")]
    player: Option<String>,
    /// As it was at this version
    #[arg(long, value_name = "N", value_parser = place, conflicts_with = "at")]
    version: Option<u64>,
    /// As it was at this time
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Show {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let until = match (&self.at, self.version) {
            (Some(text), _) => app.until(text)?,
            (None, Some(version)) => Until::Version(Version(version)),
            (None, None) => Until::Head,
        };
        let report = show_game(&app.store()?, &self.id, until, &viewer(self.player)).await?;
        app.warn_left_out(&report.left_out);
        let game = with_left_out(report.state, &report.left_out);
        app.out.one(&game, |sheet| {
            sheet.field("id", game["id"].as_str().map_or_else(Cell::none, Cell::new));
            sheet.field("version", Cell::new(&game["version"]));
            draw(&game, sheet);
        })
    }
}
