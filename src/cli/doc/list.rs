//! The command `esctl doc list`.

use clap::Args;
use serde_json::Value;

use crate::cli::app::App;
use crate::cli::arg_values::limit;
use crate::cli::as_of::AtArgs;
use crate::cli::as_of::TIME_HELP;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::pages::all_pages;
use crate::ops::documents::list_documents;

/// The fields of an item, in their order.
const FIELDS: [&str; 5] = ["id", "version", "document", "last_updated", "client_id"];

/// List documents, now or at a time
#[derive(Debug, Args)]
#[command(after_help = TIME_HELP)]
pub struct DocListArgs {
    /// Maximum number of documents
    #[arg(long, value_name = "N", value_parser = limit)]
    limit: Option<usize>,
    /// Only documents after this id
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    #[command(flatten)]
    at: AtArgs,
}

impl DocListArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let source = self.at.source(app).await?;
        let listing = Listing::new(["id", "version", "updated", "by", "document"]).fields(FIELDS).empty("no documents");
        let mut list = app.out.list(if self.limit.is_some() { listing.unlimited() } else { listing });
        let page = |after, limit| list_documents(&source, after, limit);
        let end = all_pages(self.after, self.limit, page, |documents: Vec<Value>| {
            for document in documents {
                if !list.push(&document, || cells(&document))? {
                    return Ok(false);
                }
            }
            Ok(true)
        });
        end.await?.finish(app, list, "category document")
    }
}

fn cells(document: &Value) -> Vec<Cell> {
    let text = |name: &str| document[name].as_str().map_or_else(Cell::none, Cell::new);
    vec![
        text("id"),
        Cell::number(&document["version"]),
        Cell::json(&document["last_updated"]),
        text("client_id"),
        Cell::data(&document["document"]),
    ]
}
