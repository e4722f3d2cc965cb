//! The command `esctl init`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::ops::init_store::init_store;

/// Create the store, migrate an older schema, or restore missing parts of it
#[derive(Debug, Args)]
pub struct InitArgs {}

impl InitArgs {
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
