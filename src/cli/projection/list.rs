//! The command `esctl projection list`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Listing;
use crate::ops::projections::status::list_projections;

/// List the projections
#[derive(Debug, Args)]
pub struct ProjectionListArgs {}

impl ProjectionListArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let queries = app.all_queries(&app.store()?).await?;
        let columns = ["name", "version", "events of", "built in", "maintained by"];
        let mut list = app.out.list(Listing::new(columns).fields(["name", "version", "categories", "built_in", "maintained_by"]));
        for unreadable in queries.unreadable() {
            app.out.warn(&format!("projection {} cannot be run by this program: {}", unreadable.name, unreadable.reason));
        }
        for info in list_projections(&queries) {
            list.push(&info, || {
                let categories = match &info.categories {
                    None => "unknown".to_owned(),
                    Some(all) if all.is_empty() => "all".to_owned(),
                    Some(some) => some.join(", "),
                };
                vec![
                    info.name.as_str().into(),
                    info.version.into(),
                    categories.into(),
                    (if info.built_in { "yes" } else { "no" }).into(),
                    info.maintained_by.in_words().into(),
                ]
            })?;
        }
        list.finish(None)
    }
}
