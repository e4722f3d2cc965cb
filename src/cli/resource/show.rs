//! The command `esctl resource show`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::as_of::AsOfArgs;
use crate::cli::as_of::TIME_HELP;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::domain::resource::client_schema;
use crate::ops::show_resource::show_resource;
use crate::ops::show_resource::with_left_out;

/// Show a resource now, or at a version or time
#[derive(Debug, Args)]
#[command(after_help = TIME_HELP)]
pub struct ResourceShowArgs {
    /// Id of the resource
    #[arg(add = NameSource::ids_of("resource"))]
    id: String,
    /// Show the full schema of the server, not the client's
    #[arg(long)]
    server: bool,
    #[command(flatten)]
    as_of: AsOfArgs,
}

impl ResourceShowArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let until = self.as_of.until(app, &store).await?;
        let report = show_resource(&store, &self.id, until, app.now()).await?;
        let state = if self.server { report.state } else { client_schema(&report.state) };
        app.warn_left_out(&report.left_out);
        app.out.one(&with_left_out(state.clone(), &report.left_out), |sheet| {
            for (name, value) in state.as_object().into_iter().flatten() {
                sheet.field(name, Cell::json(value));
            }
        })
    }
}
