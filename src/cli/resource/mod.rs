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
pub enum ResourceVerb {
    Create(create::ResourceCreateArgs),
    Allocate(change::ResourceAllocateArgs),
    Add(change::ResourceAddArgs),
    Lock(change::ResourceLockArgs),
    Unlock(change::ResourceUnlockArgs),
    Show(show::ResourceShowArgs),
    List(list::ResourceListArgs),
    History(history::ResourceHistoryArgs),
}

impl ResourceVerb {
    /// Returns the effect of the verb.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Create(_) | Self::Allocate(_) | Self::Add(_) | Self::Lock(_) | Self::Unlock(_) => Effect::Appends,
            Self::Show(_) | Self::List(_) | Self::History(_) => Effect::Reads,
        }
    }
}

pub(super) async fn run(verb: ResourceVerb, app: &App) -> Result<(), CliError> {
    match verb {
        ResourceVerb::Create(args) => args.run(app).await,
        ResourceVerb::Allocate(args) => args.run(app).await,
        ResourceVerb::Add(args) => args.run(app).await,
        ResourceVerb::Lock(args) => args.run(app).await,
        ResourceVerb::Unlock(args) => args.run(app).await,
        ResourceVerb::Show(args) => args.run(app).await,
        ResourceVerb::List(args) => args.run(app).await,
        ResourceVerb::History(args) => args.run(app).await,
    }
}
