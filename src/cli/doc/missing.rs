//! `esctl doc missing`

use clap::Args;

use crate::aggregate::Aggregate;
use crate::cli::app::App;
use crate::cli::doc::changes;
use crate::cli::error::CliError;
use crate::cli::selection::HistoryArgs;
use crate::cli::values::version;
use crate::domain::document::Document;
use crate::event::Version;
use crate::ops::documents::document_changes;

/// Show what a client that saw a version has not seen
///
/// Each item has a patch (RFC 6902) that brings the client's copy one version on. Where the document was created, for the
/// first time or again, the item also has the document to start from; where there is none the copy is null.
#[derive(Debug, Args)]
pub struct Missing {
    /// Which document
    id: String,
    /// The version that the client saw; 0: none
    #[arg(long, value_name = "VERSION", value_parser = version)]
    after: Version,
}

impl Missing {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        app.warn_quarantined(&store, &format!("document-{}", self.id)).await?;
        let missing = document_changes(&store, &self.id, self.after).await?;
        let page = HistoryArgs::default().page(app, &store, Document::CATEGORY, &self.id).await?;
        changes::print(app, missing, page, "nothing was missed").await
    }
}
