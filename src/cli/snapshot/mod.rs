//! `esctl snapshot`: kept states.

mod delete;
mod list;
mod prune;
mod show;
mod take;
mod verify;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::write_record::Effect;

/// What can be done with snapshots.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Take a snapshot of a stream, or of every stream of a category
    Take(take::Take),
    /// List snapshots
    List(list::List),
    /// Show a snapshot with its state
    Show(show::Show),
    /// Compare snapshots with what the events make; exit code 1 when one is wrong
    Verify(verify::Verify),
    /// Delete snapshots of a stream; events stay as they are
    Delete(delete::Delete),
    Prune(prune::Prune),
}

impl Verb {
    /// Returns the effect of the verb.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Take(_) | Self::Delete(_) | Self::Prune(_) => Effect::Repeatable,
            Self::List(_) | Self::Show(_) | Self::Verify(_) => Effect::Reads,
        }
    }
}

/// Runs a verb.
pub(super) async fn run(verb: Verb, app: &App) -> Result<(), CliError> {
    match verb {
        Verb::Take(args) => args.run(app).await,
        Verb::List(args) => args.run(app).await,
        Verb::Show(args) => args.run(app).await,
        Verb::Verify(args) => args.run(app).await,
        Verb::Delete(args) => args.run(app).await,
        Verb::Prune(args) => args.run(app).await,
    }
}
