//! The command `esctl context remove`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::context::change::ContextChange;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::ops::FailureKind;

/// Remove a context; its store stays as it is
#[derive(Debug, Args)]
pub struct ContextRemoveArgs {
    /// Name of the context
    #[arg(add = NameSource::Contexts)]
    name: String,
    /// Succeed if there is no such context
    #[arg(long)]
    if_exists: bool,
}

impl ContextRemoveArgs {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        app.record.repeat.add_flag("--if-exists");
        let before = app.config.current.as_deref();
        let name = match app.config.context(&self.name) {
            Err(_) if self.if_exists => {
                return ContextChange { outcome: "unchanged", name: &self.name, current: before }.print(app);
            }
            context => context?.name.as_str(),
        };
        if !app.out.confirm(&format!("Remove the context {name}?"), app.globals.yes)? {
            app.record.changed_nothing();
            return ContextChange { outcome: "unchanged", name, current: before }.print(app);
        }
        let changed = match app.config.remove_context(name) {
            // Another process has removed it meanwhile.
            Err(error) if self.if_exists && error.failure.kind == FailureKind::NotFound => {
                return ContextChange { outcome: "unchanged", name, current: before }.print(app);
            }
            changed => changed?,
        };
        let current = changed.current.as_deref();
        ContextChange { outcome: "removed", name, current }.print(app)?;
        if current.is_none() && before.is_some() {
            app.out.note("no context is current now; without --store, esctl uses the embedded store");
        }
        Ok(())
    }
}
