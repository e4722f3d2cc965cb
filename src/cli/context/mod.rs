//! The commands `esctl context …`: named stores in the configuration file.
//!
//! Works on the configuration file only. It never opens a store.

mod add;
mod change;
mod list;
mod remove;
mod select;
mod show;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::write_record::Effect;

/// The subcommands of `esctl context`.
#[derive(Debug, Subcommand)]
pub enum ContextVerb {
    List(list::ContextListArgs),
    Add(add::ContextAddArgs),
    Use(select::ContextUseArgs),
    Show(show::ContextShowArgs),
    Remove(remove::ContextRemoveArgs),
}

impl ContextVerb {
    /// Returns the effect of the verb.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Add(_) | Self::Use(_) | Self::Remove(_) => Effect::Repeatable,
            Self::List(_) | Self::Show(_) => Effect::Reads,
        }
    }
}

pub(super) fn run(verb: ContextVerb, app: &App) -> Result<(), CliError> {
    match verb {
        ContextVerb::List(args) => args.run(app),
        ContextVerb::Add(args) => args.run(app),
        ContextVerb::Use(args) => args.run(app),
        ContextVerb::Show(args) => args.run(app),
        ContextVerb::Remove(args) => args.run(app),
    }
}
