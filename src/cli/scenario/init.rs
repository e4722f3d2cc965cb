//! `esctl scenario init`

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;

/// A scenario that shows every kind of step, and passes.
const EXAMPLE: &str = include_str!("example.yaml");

/// Print a scenario to begin with: it shows every kind of step, and passes
#[derive(Debug, Args)]
pub struct Init {}

impl Init {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        app.out.bytes(EXAMPLE.as_bytes())
    }
}
