//! `esctl init`

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::ops::init_store::init_store;

/// Make the store, bring an older schema up to date, or put back what is missing in it
#[derive(Debug, Args)]
pub struct Init {}

impl Init {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let report = init_store(&app.store_to_write()?).await?;
        app.out.one(&report, |sheet| {
            sheet.field("store", report.store.as_str());
            sheet.field("kind", report.kind);
            sheet.field("made", if report.made { "now" } else { "before" });
            if let Some(version) = report.migrated_from {
                sheet.field("schema", format!("brought up to date from version {version}"));
            }
            if !report.put_back.is_empty() {
                let row = |put_back: &String| vec![Cell::new(put_back)];
                sheet.table(&["repaired"], report.put_back.iter().map(row).collect());
            }
        })
    }
}
