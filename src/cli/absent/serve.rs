//! The command `esctl serve` in a build without the feature server.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;

/// Not available: this build of esctl has no server
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Arguments of the command, which are not used
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _arguments: Vec<String>,
}

impl ServeArgs {
    #[allow(clippy::unused_async, reason = "the command that this one replaces is async")]
    pub(super) async fn run(self, _: &App) -> Result<(), CliError> {
        Err(CliError::unsupported("this build of esctl has no server: it was built without the feature server"))
    }
}
