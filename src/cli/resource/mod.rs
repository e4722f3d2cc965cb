//! The commands `esctl resource …`: resources, whose rules the server enforces.

mod change;
mod create;
mod history;
mod list;
mod show;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::write_record::Effect;

/// The subcommands of `esctl resource`.
#[derive(Debug, Subcommand)]
pub enum Verb {
    Create(create::ResourceCreateArgs),
    Allocate(change::ResourceAllocateArgs),
    Add(change::ResourceAddArgs),
    Lock(change::ResourceLockArgs),
    Unlock(change::ResourceUnlockArgs),
    Show(show::ResourceShowArgs),
    List(list::ResourceListArgs),
    History(history::ResourceHistoryArgs),
}

impl Verb {
    /// Returns the effect of the verb.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Create(_) | Self::Allocate(_) | Self::Add(_) | Self::Lock(_) | Self::Unlock(_) => Effect::Appends,
            Self::Show(_) | Self::List(_) | Self::History(_) => Effect::Reads,
        }
    }
}

pub(super) async fn run(verb: Verb, app: &App) -> Result<(), CliError> {
    match verb {
        Verb::Create(args) => args.run(app).await,
        Verb::Allocate(args) => args.run(app).await,
        Verb::Add(args) => args.run(app).await,
        Verb::Lock(args) => args.run(app).await,
        Verb::Unlock(args) => args.run(app).await,
        Verb::Show(args) => args.run(app).await,
        Verb::List(args) => args.run(app).await,
        Verb::History(args) => args.run(app).await,
    }
}
