//! `esctl stream`: streams of any application.

mod append;
mod event_rows;
mod list;
mod read;
mod show;
mod tail;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::write_record::Effect;

/// What can be done with streams.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List streams
    List(list::List),
    /// Show a stream in a few numbers
    Show(show::Show),
    /// Read events of a stream, or of all
    Read(read::Read),
    /// Show the last events and follow what comes
    Tail(tail::Tail),
    Append(append::Append),
}

impl Verb {
    /// Returns the effect of the verb.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Append(_) => Effect::Appends,
            Self::List(_) | Self::Show(_) | Self::Read(_) | Self::Tail(_) => Effect::Reads,
        }
    }
}

/// Runs a verb.
pub(super) async fn run(verb: Verb, app: &App) -> Result<(), CliError> {
    match verb {
        Verb::List(args) => args.run(app).await,
        Verb::Show(args) => args.run(app).await,
        Verb::Read(args) => args.run(app).await,
        Verb::Tail(args) => args.run(app).await,
        Verb::Append(args) => args.run(app).await,
    }
}
