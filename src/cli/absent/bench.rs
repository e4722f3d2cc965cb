//! The command `esctl bench` in a build without the feature bench.

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;

/// Any benchmark; none is available.
#[derive(Debug, Subcommand)]
pub enum BenchVerb {
    /// Name and arguments of a benchmark
    #[command(external_subcommand)]
    Any(Vec<String>),
}

impl BenchVerb {
    #[allow(clippy::unused_self, reason = "the method that this one replaces needs it")]
    pub(super) fn can_read_with_layout(&self) -> bool {
        false
    }
}

#[allow(clippy::unused_async, reason = "the function that this one replaces is async")]
pub(super) async fn run(_: BenchVerb, _: &App) -> Result<(), CliError> {
    Err(CliError::unsupported("this build of esctl has no benchmarks: it was built without the feature bench"))
}
