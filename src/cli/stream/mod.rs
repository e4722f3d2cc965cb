//! The commands `esctl stream …`: streams of any application.

mod append;
mod event_rows;
mod follow;
mod list;
mod read;
mod show;
mod tail;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::write_record::Effect;

/// The subcommands of `esctl stream`.
#[derive(Debug, Subcommand)]
pub enum StreamVerb {
    List(list::StreamListArgs),
    Show(show::StreamShowArgs),
    Read(read::StreamReadArgs),
    Tail(tail::StreamTailArgs),
    Append(append::StreamAppendArgs),
}

impl StreamVerb {
    /// Returns the effect of the verb.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Append(_) => Effect::Appends,
            Self::List(_) | Self::Show(_) | Self::Read(_) | Self::Tail(_) => Effect::Reads,
        }
    }
}

pub(super) async fn run(verb: StreamVerb, app: &App) -> Result<(), CliError> {
    match verb {
        StreamVerb::List(args) => args.run(app).await,
        StreamVerb::Show(args) => args.run(app).await,
        StreamVerb::Read(args) => args.run(app).await,
        StreamVerb::Tail(args) => args.run(app).await,
        StreamVerb::Append(args) => args.run(app).await,
    }
}
