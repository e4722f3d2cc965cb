//! The command `esctl scenario init`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;

/// A scenario with every kind of step, which passes.
const EXAMPLE: &str = include_str!("example.yaml");

/// Print an example scenario with every kind of step, which passes
#[derive(Debug, Args)]
pub struct ScenarioInitArgs {}

impl ScenarioInitArgs {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        app.out.bytes(EXAMPLE.as_bytes())
    }
}
