//! `esctl context use`

use clap::Args;

use crate::cli::app::App;
use crate::cli::context::Changed;
use crate::cli::error::CliError;

/// Make a context the current one
#[derive(Debug, Args)]
pub struct Use {
    /// Which context
    name: String,
}

impl Use {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        let name = app.config.context(&self.name)?.name.as_str();
        let outcome = if app.config.current.as_deref() == Some(name) { "unchanged" } else { "current" };
        if outcome == "current" {
            app.config.use_context(name)?;
        }
        Changed { outcome, name, current: Some(name) }.print(app)
    }
}
