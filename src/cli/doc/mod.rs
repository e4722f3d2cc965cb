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
pub enum DocVerb {
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

impl DocVerb {
    /// Returns the effect of the verb.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Create(_) | Self::Update(_) | Self::Patch(_) | Self::Set(_) | Self::Delete(_) => Effect::Appends,
            Self::Get(_) | Self::List(_) | Self::History(_) | Self::Missing(_) | Self::Diff(_) => Effect::Reads,
        }
    }
}

pub(super) async fn run(verb: DocVerb, app: &App) -> Result<(), CliError> {
    match verb {
        DocVerb::Create(args) => args.run(app).await,
        DocVerb::Get(args) => args.run(app).await,
        DocVerb::Update(args) => args.run(app).await,
        DocVerb::Patch(args) => args.run(app).await,
        DocVerb::Set(args) => args.run(app).await,
        DocVerb::Delete(args) => args.run(app).await,
        DocVerb::List(args) => args.run(app).await,
        DocVerb::History(args) => args.run(app).await,
        DocVerb::Missing(args) => args.run(app).await,
        DocVerb::Diff(args) => args.run(app).await,
    }
}
