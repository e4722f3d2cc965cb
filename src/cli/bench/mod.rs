//! The commands `esctl bench …`: the speed of a store, beside the bare database in the same run.

mod append;
mod read;
mod scratch;
mod serve;
mod server_process;
mod show;
mod show_serve;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;

/// The subcommands of `esctl bench`.
#[derive(Debug, Subcommand)]
pub enum BenchVerb {
    Append(append::BenchAppendArgs),
    Read(read::BenchReadArgs),
    /// Fold the state of every stream
    Replay(read::BenchWorkArgs),
    /// Rebuild a read model
    Project(read::BenchWorkArgs),
    Serve(serve::BenchServeArgs),
}

impl BenchVerb {
    /// Returns true for a benchmark of a store that another program wrote.
    pub(super) fn can_read_with_layout(&self) -> bool {
        matches!(self, Self::Read(_))
    }
}

pub(super) async fn run(verb: BenchVerb, app: &App) -> Result<(), CliError> {
    match verb {
        BenchVerb::Append(args) => args.run(app).await,
        BenchVerb::Read(args) => args.run(app).await,
        BenchVerb::Replay(args) => args.run(app, read::BenchKind::Replay).await,
        BenchVerb::Project(args) => args.run(app, read::BenchKind::Project).await,
        BenchVerb::Serve(args) => args.run(app).await,
    }
}
