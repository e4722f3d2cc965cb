//! The command `esctl doc history`.

use clap::Args;

use crate::aggregate::Aggregate;
use crate::cli::app::App;
use crate::cli::doc::change_rows;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::selection::HistoryFilterArgs;
use crate::domain::document::Document;
use crate::event::Version;
use crate::ops::documents::document_changes;

/// Show each change of a document: version, time, client, patch
#[derive(Debug, Args)]
pub struct DocHistoryArgs {
    /// Id of the document
    #[arg(add = NameSource::ids_of("document"))]
    id: String,
    #[command(flatten)]
    asked: HistoryFilterArgs,
}

impl DocHistoryArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        app.warn_quarantined(&store, &format!("document-{}", self.id)).await?;
        let history = document_changes(&store, &self.id, Version::ZERO).await?;
        let page = self.asked.page(app, &store, Document::CATEGORY, &self.id).await?;
        change_rows::print(app, history, page, "no changes").await
    }
}
