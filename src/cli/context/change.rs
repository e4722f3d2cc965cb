//! The result of a change of the contexts.

use crate::cli::app::App;
use crate::cli::error::CliError;

/// The result of a change of the configuration file.
#[derive(serde::Serialize)]
pub(super) struct ContextChange<'a> {
    pub(super) outcome: &'static str,
    pub(super) name: &'a str,
    pub(super) current: Option<&'a str>,
}

impl ContextChange<'_> {
    /// Prints the result.
    pub(super) fn print(&self, app: &App) -> Result<(), CliError> {
        app.out.one(self, |sheet| {
            sheet.field("outcome", self.outcome);
            sheet.field("context", self.name);
            sheet.field("current", self.current.unwrap_or("-"));
        })
    }
}
