//! The commands `esctl quarantine …`: events that every state and read model leaves out.

mod add;
mod change;
mod list;
mod release;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::write_record::Effect;

/// The subcommands of `esctl quarantine`.
#[derive(Debug, Subcommand)]
pub enum QuarantineVerb {
    Add(add::QuarantineAddArgs),
    List(list::QuarantineListArgs),
    Release(release::QuarantineReleaseArgs),
}

impl QuarantineVerb {
    /// Returns the effect of the command. The same change twice has the effect of one.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Add(_) | Self::Release(_) => Effect::Repeatable,
            Self::List(_) => Effect::Reads,
        }
    }
}

pub(super) async fn run(verb: QuarantineVerb, app: &App) -> Result<(), CliError> {
    match verb {
        QuarantineVerb::Add(args) => args.run(app).await,
        QuarantineVerb::List(args) => args.run(app).await,
        QuarantineVerb::Release(args) => args.run(app).await,
    }
}
