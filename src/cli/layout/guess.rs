//! The command `esctl layout guess`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::ops::layouts::guess;
use crate::store::foreign::open_foreign;

/// Write a layout for a home-grown table, from its names, types and indexes
#[derive(Debug, Args)]
pub struct LayoutGuessArgs {
    /// Table or collection, with or without its schema [default: the one that looks most like events]
    #[arg(value_name = "TABLE")]
    table: Option<String>,
}

impl LayoutGuessArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let database = open_foreign(&app.store_url()?, &app.open_options())?;
        let report = guess(&*database, self.table.as_deref()).await?;
        app.out.one(&report, |sheet| {
            sheet.text(&report.text);
        })
    }
}
