//! `esctl doc get`

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::values::place;
use crate::event::Version;
use crate::ops::documents::get_document;
use crate::ops::replay::Until;

/// Show a document as it is, or as it was at a version or time
#[derive(Debug, Args)]
#[command(
    after_help = "TIME: RFC 3339, '2025-12-03 16:46' (local time), a date, 'yesterday 16:46', 'monday 9:00', now, '10m ago', @UNIXSECONDS; a zone in brackets counts."
)]
pub struct Get {
    /// Which document
    id: String,
    /// As it was at this version
    #[arg(long, value_name = "N", value_parser = place, conflicts_with = "at")]
    version: Option<u64>,
    /// As it was at this time
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Get {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let until = match (&self.at, self.version) {
            (Some(text), _) => app.until(text)?,
            (None, Some(version)) => Until::Version(Version(version)),
            (None, None) => Until::Head,
        };
        let report = get_document(&app.store()?, &self.id, until).await?;
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
