//! `esctl doc`: JSON documents, each change of which is recorded as a diff.

mod assignment;
mod change;
mod changes;
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

/// What can be done with documents.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Create a document; one that was deleted can be created again
    Create(create::Create),
    /// Show a document as it is, or as it was at a version or time
    Get(get::Get),
    /// Merge an object into a document (RFC 7396); null takes a member away
    Update(change::Update),
    /// Apply a patch to a document (RFC 6902), all of it or nothing
    Patch(change::Patch),
    Set(change::Set),
    /// Delete a document; its history stays
    Delete(change::Delete),
    /// List documents
    List(list::List),
    /// Show each change of a document: version, time, who, what
    History(history::History),
    Missing(missing::Missing),
    /// Show what makes one version of a document of another (RFC 6902)
    Diff(diff::Diff),
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

/// Runs a verb.
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
