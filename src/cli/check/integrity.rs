//! The command `esctl check integrity`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::check::format::CheckFormat;
use crate::cli::check::nagios;
use crate::cli::check::outcome::Outcome;
use crate::cli::check::outcome::severity_cell;
use crate::cli::check::prometheus;
use crate::cli::error::CliError;
use crate::cli::layout_tables::layout_tables;
use crate::cli::output::Cell;
use crate::ops::check_integrity::check_integrity;
use crate::ops::verify::Verify;
use crate::ops::verify::VerifyReport;
use crate::ops::verify::layout::VerifyLayout;
use crate::ops::verify::layout::verify_layout;
use crate::ops::verify::verify;

/// Verify the whole store for monitoring; exit code 0 ok, 2 critical, 3 unknown
///
/// The check reads every event, as 'esctl verify' does. The first finding is named; 'esctl verify' lists them.
#[derive(Debug, Args)]
pub struct CheckIntegrityArgs {
    /// Output format [default: that of --output]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) format: Option<CheckFormat>,
}

impl CheckIntegrityArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let report = check_integrity(verified(app).await?);
        let outcome =
            Outcome { severity: report.severity, nagios: nagios::integrity(&report), prometheus: prometheus::integrity(&report) };
        outcome.print(app, self.format, &report, |sheet| {
            sheet.field("integrity", severity_cell(report.severity));
            sheet.field("found", Cell::prose(&report.message));
        })
    }
}

async fn verified(app: &App) -> Result<VerifyReport, CliError> {
    let bar = app.out.progress(None, "events");
    let mut progress = |events| bar.advance(events);
    let report = match layout_tables(app)? {
        Some(tables) => {
            let input = VerifyLayout { stream: None, reducer: None, now: app.now() };
            verify_layout(&tables, &tables.store(app.open_options()), &input, &mut progress).await?
        }
        None => verify(&app.store()?, &Verify { now: Some(app.now()), ..Verify::default() }, &mut progress).await?,
    };
    bar.finish();
    Ok(report)
}
