//! The command `esctl resource list`.

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
use crate::domain::resource::CLIENT_FIELDS;
use crate::domain::resource::client_schema;
use crate::ops::list_resources::ResourceFilter;
use crate::ops::list_resources::list_resources;

/// List resources, now or at a time
#[derive(Debug, Args)]
#[command(after_help = TIME_HELP)]
pub struct ResourceListArgs {
    /// Only resources of this owner
    #[arg(long)]
    owner: Option<String>,
    /// Only resources of this type
    #[arg(long = "type", value_name = "TYPE")]
    resource_type: Option<String>,
    /// Only resources that are locked (true) or not locked (false) now
    #[arg(long, value_name = "true|false")]
    locked: Option<bool>,
    /// Maximum number of resources
    #[arg(long, value_name = "N", value_parser = limit)]
    limit: Option<usize>,
    /// Only resources after this id
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    #[command(flatten)]
    at: AtArgs,
}

impl ResourceListArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let source = self.at.source(app).await?;
        let filter = ResourceFilter { owner: self.owner, resource_type: self.resource_type, locked: self.locked };
        let listing = Listing::new(["id", "owner", "type", "amount", "max", "updated", "locked"]);
        let listing = listing.fields(CLIENT_FIELDS).empty("no resources");
        let mut list = app.out.list(if self.limit.is_some() { listing.unlimited() } else { listing });
        let page = |after, limit| list_resources(&source, &filter, after, limit);
        let end = all_pages(self.after, self.limit, page, |resources: Vec<Value>| {
            for resource in resources {
                let shown = client_schema(&resource);
                if !list.push(&shown, || cells(&shown))? {
                    return Ok(false);
                }
            }
            Ok(true)
        });
        end.await?.finish(app, list, "category resource")
    }
}

fn cells(resource: &Value) -> Vec<Cell> {
    let cell = |name: &&str| match &resource[*name] {
        Value::Number(number) => Cell::number(number),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        other => Cell::json(other),
    };
    CLIENT_FIELDS.iter().map(cell).collect()
}
