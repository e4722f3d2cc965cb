//! The commands `esctl checkpoint …`: the places that projections and other readers have reached.

mod list;
mod read;
mod rows;

pub(super) use read::checkpoints;
pub(super) use rows::checkpoint_cells;
pub(super) use rows::checkpoint_columns;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;

/// The subcommands of `esctl checkpoint`.
#[derive(Debug, Subcommand)]
pub enum CheckpointVerb {
    List(list::CheckpointListArgs),
}

pub(super) async fn run(verb: CheckpointVerb, app: &App) -> Result<(), CliError> {
    match verb {
        CheckpointVerb::List(args) => args.run(app).await,
    }
}
