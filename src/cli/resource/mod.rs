//! `esctl resource`: the server-authoritative resources.

mod change;
mod create;
mod history;
mod list;
mod show;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::write_record::Effect;

/// What can be done with resources.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Create a resource
    Create(create::Create),
    /// Take an amount out of a resource
    Allocate(change::Allocate),
    /// Put an amount into a resource, up to its maximum
    Add(change::Add),
    /// Lock a resource, so that nobody can allocate or add
    Lock(change::Lock),
    /// Unlock a resource
    Unlock(change::Unlock),
    /// Show a resource as it is now
    Show(show::Show),
    /// List resources
    List(list::List),
    /// Show what happened to a resource: when, who, what, the amount before and after
    History(history::History),
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

/// Runs a verb.
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
