//! `esctl bench`: how fast a store is here, beside the bare database in the same run.

mod append;
mod own_server;
mod read;
mod scratch;
mod serve;
mod show;
mod show_serve;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;

/// What can be measured.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Append events, durably
    Append(append::Append),
    /// Scan all events, or read stream by stream
    Read(read::Read),
    /// Fold the state of every stream
    Replay(read::Work),
    /// Rebuild a read model
    Project(read::Work),
    Serve(serve::Serve),
}

/// Runs a verb.
pub(super) async fn run(verb: Verb, app: &App) -> Result<(), CliError> {
    match verb {
        Verb::Append(args) => args.run(app).await,
        Verb::Read(args) => args.run(app).await,
        Verb::Replay(args) => args.run(app, read::What::Replay).await,
        Verb::Project(args) => args.run(app, read::What::Project).await,
        Verb::Serve(args) => args.run(app).await,
    }
}
