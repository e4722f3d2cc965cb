//! The commands `esctl doc …`: JSON documents, each change of which is recorded as a diff.

mod assignment;
mod change;
mod change_rows;
mod create;
mod diff;
mod get;
mod history;
mod json_argument;
mod list;
mod missing;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::write_record::Effect;

/// The subcommands of `esctl doc`.
#[derive(Debug, Subcommand)]
pub enum Verb {
    Create(create::DocCreateArgs),
    Get(get::DocGetArgs),
    Update(change::DocUpdateArgs),
    Patch(change::DocPatchArgs),
    Set(change::DocSetArgs),
    Delete(change::DocDeleteArgs),
    List(list::DocListArgs),
    History(history::DocHistoryArgs),
    Missing(missing::DocMissingArgs),
    Diff(diff::DocDiffArgs),
}

impl Verb {
    /// Returns the effect of the verb.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Create(_) | Self::Update(_) | Self::Patch(_) | Self::Set(_) | Self::Delete(_) => Effect::Appends,
            Self::Get(_) | Self::List(_) | Self::History(_) | Self::Missing(_) | Self::Diff(_) => Effect::Reads,
        }
    }
}

pub(super) async fn run(verb: Verb, app: &App) -> Result<(), CliError> {
    match verb {
        Verb::Create(args) => args.run(app).await,
        Verb::Get(args) => args.run(app).await,
        Verb::Update(args) => args.run(app).await,
        Verb::Patch(args) => args.run(app).await,
        Verb::Set(args) => args.run(app).await,
        Verb::Delete(args) => args.run(app).await,
        Verb::List(args) => args.run(app).await,
        Verb::History(args) => args.run(app).await,
        Verb::Missing(args) => args.run(app).await,
        Verb::Diff(args) => args.run(app).await,
    }
}
