//! The command `esctl layout list`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Listing;
use crate::ops::layouts::list_layouts;

/// List the built-in layouts
#[derive(Debug, Args)]
pub struct LayoutListArgs {}

impl LayoutListArgs {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        let mut list = app.out.list(Listing::new(["layout", "database", "of"]).fields(["name", "engine", "title"]));
        for layout in list_layouts()? {
            let cells = || vec![layout.name.into(), layout.engine.product().into(), layout.title.as_str().into()];
            if !list.push(&layout, cells)? {
                break;
            }
        }
        list.finish(None)
    }
}
