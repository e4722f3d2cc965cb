//! The command `esctl ui` in a build without the feature ui.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;

/// Not available: this build of esctl has no viewer in the terminal
#[derive(Debug, Args)]
pub struct UiArgs {
    /// Arguments of the command, which are not used
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _arguments: Vec<String>,
}

impl UiArgs {
    #[allow(clippy::unused_async, reason = "the command that this one replaces is async")]
    pub(super) async fn run(self, _: &App) -> Result<(), CliError> {
        Err(CliError::unsupported("this build of esctl has no viewer in the terminal: it was built without the feature ui"))
    }
}
