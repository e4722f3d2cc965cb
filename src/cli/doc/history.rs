//! `esctl doc history`

use clap::Args;

use crate::cli::app::App;
use crate::cli::doc::changes;
use crate::cli::error::CliError;
use crate::event::Version;
use crate::ops::documents::document_changes;

/// Show each change of a document: version, time, who, what
#[derive(Debug, Args)]
pub struct History {
    /// Which document
    id: String,
}

impl History {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let history = document_changes(&app.store()?, &self.id, Version::ZERO).await?;
        changes::print(app, history, "no changes").await
    }
}
