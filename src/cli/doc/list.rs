//! `esctl doc list`

use clap::Args;
use serde_json::Value;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::projection::warn_caveats;
use crate::cli::values::all_pages;
use crate::cli::values::limit;
use crate::ops::documents::list_documents;

/// The fields of an item, in their order.
const FIELDS: [&str; 5] = ["id", "version", "document", "last_updated", "client_id"];

/// List documents
#[derive(Debug, Args)]
pub struct List {
    /// At most so many
    #[arg(long, value_name = "N", value_parser = limit)]
    limit: Option<usize>,
    /// Only those after this id
    #[arg(long, value_name = "ID")]
    after: Option<String>,
}

impl List {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let queries = app.query_bus(&app.store()?);
        let listing = Listing::new(["id", "version", "updated", "by", "document"]).fields(FIELDS).empty("no documents");
        let mut list = app.out.list(if self.limit.is_some() { listing.unlimited() } else { listing });
        let (queries, now) = (&queries, app.now());
        let page = |after, limit| async move { list_documents(queries, after, limit, now).await };
        let next = all_pages(self.after, self.limit, page, |documents: Vec<Value>| {
            for document in documents {
                if !list.push(&document, || cells(&document))? {
                    return Ok(false);
                }
            }
            Ok(true)
        });
        let (next, caveats) = next.await?;
        list.finish(next)?;
        warn_caveats(app, "documents", caveats.into_iter().map(|listed| listed.caveat));
        Ok(())
    }
}

fn cells(document: &Value) -> Vec<Cell> {
    let text = |name: &str| document[name].as_str().map_or_else(Cell::none, Cell::new);
    vec![
        text("id"),
        Cell::number(&document["version"]),
        text("last_updated"),
        text("client_id"),
        Cell::new(&document["document"]),
    ]
}
