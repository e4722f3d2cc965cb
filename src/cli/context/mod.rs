//! `esctl context`: named stores in the configuration file.
//!
//! A matter of the edge alone: nothing here opens a store.

mod add;
mod list;
mod remove;
mod select;
mod show;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::write_record::Effect;

/// What can be done with contexts.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List the contexts
    List(list::List),
    /// Add a context: a name for a store
    Add(add::Add),
    /// Make a context the current one
    Use(select::Use),
    /// Show which settings count, and where each comes from
    Show(show::Show),
    /// Remove a context; its store stays as it is
    Remove(remove::Remove),
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

/// Runs a verb.
pub(super) fn run(verb: Verb, app: &App) -> Result<(), CliError> {
    match verb {
        Verb::List(args) => args.run(app),
        Verb::Add(args) => args.run(app),
        Verb::Use(args) => args.run(app),
        Verb::Show(args) => args.run(app),
        Verb::Remove(args) => args.run(app),
    }
}

/// What a change of the configuration file came to.
#[derive(serde::Serialize)]
struct Changed<'a> {
    outcome: &'static str,
    name: &'a str,
    current: Option<&'a str>,
}

impl Changed<'_> {
    fn print(&self, app: &App) -> Result<(), CliError> {
        app.out.one(self, |sheet| {
            sheet.field("outcome", self.outcome);
            sheet.field("context", self.name);
            sheet.field("current", self.current.unwrap_or("-"));
        })
    }
}
