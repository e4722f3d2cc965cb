//! The commands `esctl snapshot …`.

mod delete;
mod list;
mod prune;
mod result_cell;
mod show;
mod take;
mod verify;
mod with_layout;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::write_record::Effect;

/// The subcommands of `esctl snapshot`.
#[derive(Debug, Subcommand)]
pub enum SnapshotVerb {
    Take(take::SnapshotTakeArgs),
    List(list::SnapshotListArgs),
    Show(show::SnapshotShowArgs),
    Verify(verify::SnapshotVerifyArgs),
    Delete(delete::SnapshotDeleteArgs),
    Prune(prune::SnapshotPruneArgs),
}

impl SnapshotVerb {
    /// Returns the effect of the verb.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Take(_) | Self::Delete(_) | Self::Prune(_) => Effect::Repeatable,
            Self::List(_) | Self::Show(_) | Self::Verify(_) => Effect::Reads,
        }
    }
}

pub(super) async fn run(verb: SnapshotVerb, app: &App) -> Result<(), CliError> {
    match verb {
        SnapshotVerb::Take(args) => args.run(app).await,
        SnapshotVerb::List(args) => args.run(app).await,
        SnapshotVerb::Show(args) => args.run(app).await,
        SnapshotVerb::Verify(args) => args.run(app).await,
        SnapshotVerb::Delete(args) => args.run(app).await,
        SnapshotVerb::Prune(args) => args.run(app).await,
    }
}
