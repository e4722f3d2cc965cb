//! The command `esctl doc missing`.

use clap::Args;

use crate::aggregate::Aggregate;
use crate::cli::app::App;
use crate::cli::arg_values::version;
use crate::cli::doc::change_rows;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::selection::HistoryFilterArgs;
use crate::domain::document::Document;
use crate::event::Version;
use crate::ops::documents::document_changes;

/// Show the changes that a client with an older version lacks
///
/// Each item has a patch (RFC 6902) that brings the client's copy one version on. For the creation of the document, also after a
/// deletion, the item has the document to start from as well. After a deletion the client's copy is null.
#[derive(Debug, Args)]
pub struct DocMissingArgs {
    /// Id of the document
    #[arg(add = NameSource::ids_of("document"))]
    id: String,
    /// Version that the client has; 0 for none
    #[arg(long, value_name = "VERSION", value_parser = version)]
    after: Version,
}

impl DocMissingArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        app.warn_quarantined(&store, &format!("document-{}", self.id)).await?;
        let missing = document_changes(&store, &self.id, self.after).await?;
        let page = HistoryFilterArgs::default().page(app, &store, Document::CATEGORY, &self.id).await?;
        change_rows::print(app, missing, page, "nothing was missed").await
    }
}
