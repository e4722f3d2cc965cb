//! `esctl doc history`

use clap::Args;

use crate::aggregate::Aggregate;
use crate::cli::app::App;
use crate::cli::doc::changes;
use crate::cli::error::CliError;
use crate::cli::selection::HistoryArgs;
use crate::domain::document::Document;
use crate::event::Version;
use crate::ops::documents::document_changes;

/// Show each change of a document: version, time, who, what
#[derive(Debug, Args)]
pub struct History {
    /// Document whose history is shown
    id: String,
    #[command(flatten)]
    asked: HistoryArgs,
}

impl History {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        app.warn_quarantined(&store, &format!("document-{}", self.id)).await?;
        let history = document_changes(&store, &self.id, Version::ZERO).await?;
        let page = self.asked.page(app, &store, Document::CATEGORY, &self.id).await?;
        changes::print(app, history, page, "no changes").await
    }
}
