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
pub enum Verb {
    List(list::ContextListArgs),
    Add(add::ContextAddArgs),
    Use(select::ContextUseArgs),
    Show(show::ContextShowArgs),
    Remove(remove::ContextRemoveArgs),
}

impl Verb {
    /// Returns the effect of the verb.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Add(_) | Self::Use(_) | Self::Remove(_) => Effect::Repeatable,
            Self::List(_) | Self::Show(_) => Effect::Reads,
        }
    }
}

pub(super) fn run(verb: Verb, app: &App) -> Result<(), CliError> {
    match verb {
        Verb::List(args) => args.run(app),
        Verb::Add(args) => args.run(app),
        Verb::Use(args) => args.run(app),
        Verb::Show(args) => args.run(app),
        Verb::Remove(args) => args.run(app),
    }
}
