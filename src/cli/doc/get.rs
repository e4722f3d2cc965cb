//! The command `esctl doc get`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::as_of::AsOfArgs;
use crate::cli::as_of::TIME_HELP;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::ops::documents::get_document;

/// Show a document now, or at a version or time
#[derive(Debug, Args)]
#[command(after_help = TIME_HELP)]
pub struct DocGetArgs {
    /// Id of the document
    #[arg(add = NameSource::ids_of("document"))]
    id: String,
    #[command(flatten)]
    as_of: AsOfArgs,
}

impl DocGetArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let until = self.as_of.until(app, &store).await?;
        let report = get_document(&store, &self.id, until).await?;
        app.warn_left_out(&report.left_out);
        app.out.one(&report, |sheet| {
            sheet.field("id", report.id.as_str());
            sheet.field("version", report.version);
            sheet.field("updated", report.last_updated);
            sheet.field("by", report.client_id.clone().map_or_else(Cell::none, Cell::new));
            sheet.heading("document");
            sheet.text(&serde_json::to_string_pretty(&report.document).unwrap_or_else(|_| report.document.to_string()));
        })
    }
}
