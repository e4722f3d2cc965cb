//! The command `esctl context use`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::context::change::ContextChange;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;

/// Make a context the current one
#[derive(Debug, Args)]
pub struct ContextUseArgs {
    /// Name of the context
    #[arg(add = NameSource::Contexts)]
    name: String,
}

impl ContextUseArgs {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        let name = app.config.context(&self.name)?.name.as_str();
        let outcome = if app.config.current.as_deref() == Some(name) { "unchanged" } else { "current" };
        if outcome == "current" {
            app.config.use_context(name)?;
        }
        ContextChange { outcome, name, current: Some(name) }.print(app)
    }
}
