//! The command `esctl check head`.

use std::time::Duration;

use clap::Args;

use crate::cli::app::App;
use crate::cli::check::format::CheckFormat;
use crate::cli::check::limits::check_limits;
use crate::cli::check::nagios;
use crate::cli::check::outcome::Outcome;
use crate::cli::check::outcome::severity_cell;
use crate::cli::check::prometheus;
use crate::cli::error::CliError;
use crate::cli::layout_tables::layout_tables;
use crate::cli::output::Cell;
use crate::cli::when::parse_duration;
use crate::event::Position;
use crate::ops::check_head::LastEvent;
use crate::ops::check_head::check_head;
use crate::ops::checkpoints::LagLimit;

/// Check the age of the last event; exit code 0 ok, 1 warning, 2 critical, 3 unknown
///
/// A store that gets no events any more looks healthy otherwise. A store of another program needs positions.
#[derive(Debug, Args)]
pub struct CheckHeadArgs {
    /// Warn about a last event that is older: 90s, 5m
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    warn: Option<Duration>,
    /// Be critical about a last event that is older
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    crit: Option<Duration>,
    /// Output format [default: that of --output]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) format: Option<CheckFormat>,
}

impl CheckHeadArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        check_limits(self.warn.map(LagLimit::Seconds), self.crit.map(LagLimit::Seconds), LagLimit::is_below)?;
        let report = check_head(last_event(app).await?, app.now(), self.warn, self.crit);
        let outcome = Outcome { severity: report.severity, nagios: nagios::head(&report), prometheus: prometheus::head(&report) };
        outcome.print(app, self.format, &report, |sheet| {
            sheet.field("head", severity_cell(report.severity));
            sheet.field("found", Cell::prose(&report.message));
            sheet.field("time", report.recorded_at.map_or_else(Cell::none, Cell::time));
        })
    }
}

async fn last_event(app: &App) -> Result<LastEvent, CliError> {
    let Some(tables) = layout_tables(app)? else {
        let head = app.store()?.head().await?;
        let recorded_at = (head.position > Position::ZERO).then_some(head.recorded_at);
        return Ok(LastEvent { position: head.position, recorded_at });
    };
    let (position, recorded_at) = tables.last_event().await?.unwrap_or_default();
    Ok(LastEvent { position: Position(u64::try_from(position).unwrap_or(0)), recorded_at })
}
