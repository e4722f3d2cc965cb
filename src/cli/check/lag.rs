//! The command `esctl check lag`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::check::format::CheckFormat;
use crate::cli::check::limits::check_limits;
use crate::cli::check::nagios;
use crate::cli::check::outcome::Outcome;
use crate::cli::check::outcome::severity_cell;
use crate::cli::check::prometheus;
use crate::cli::checkpoint::checkpoint_cells;
use crate::cli::checkpoint::checkpoint_columns;
use crate::cli::checkpoint::checkpoints;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::cli::output::Sheet;
use crate::cli::when::parse_duration;
use crate::ops::checkpoints::CheckpointStatus;
use crate::ops::checkpoints::LagLimit;
use crate::ops::checkpoints::LagLimits;
use crate::ops::checkpoints::LagReport;
use crate::ops::checkpoints::check_lag;

/// Check the lag of checkpoints; exit code 0 ok, 1 warning, 2 critical, 3 unknown
///
/// A reader that is beyond the last event, is stopped, or has a checkpoint of another store is critical without limits. Whatever
/// prevents the check, such as an unavailable store or a wrong flag, has exit code 3, and so has a store without any checkpoint.
#[derive(Debug, Args)]
pub struct CheckLagArgs {
    /// Only these checkpoints [default: all]
    #[arg(add = NameSource::PROJECTIONS)]
    names: Vec<String>,
    /// Warn about a lag over this many events, or over this age of the oldest waiting event: 1000 or 5m
    #[arg(long, value_name = "N|DURATION", value_parser = limit)]
    warn: Option<LagLimit>,
    /// Be critical about a lag over this many events, or over this age
    #[arg(long, value_name = "N|DURATION", value_parser = limit)]
    crit: Option<LagLimit>,
    /// Output format [default: that of --output]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) format: Option<CheckFormat>,
}

fn limit(text: &str) -> Result<LagLimit, String> {
    if let Ok(events) = text.parse() {
        return Ok(LagLimit::Events(events));
    }
    let wrong = |_| "expected a number of events such as 1000, or a duration such as 90s or 5m".to_owned();
    parse_duration(text).map(LagLimit::Seconds).map_err(wrong)
}

impl CheckLagArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        check_limits(self.warn, self.crit, LagLimit::is_below)?;
        let mut found = checkpoints(app).await?;
        if let Some(unknown) = self.names.iter().find(|name| !found.iter().any(|it| it.name == **name)) {
            let error = CliError::not_found(format!("there is no checkpoint \"{unknown}\"")).code("no_checkpoint");
            return Err(error.did_you_mean(unknown, found.iter().map(|it| it.name.as_str())));
        }
        found.retain(|it| self.names.is_empty() || self.names.contains(&it.name));
        let report = check_lag(found, LagLimits { warn: self.warn, crit: self.crit });
        let (nagios, prometheus) = (nagios::lag(&report), prometheus::lag(&report));
        let outcome = Outcome { severity: report.severity, nagios, prometheus };
        outcome.print(app, self.format, &report, |sheet| draw(sheet, &report))
    }
}

fn draw(sheet: &mut Sheet, report: &LagReport) {
    sheet.field("lag", severity_cell(report.severity));
    sheet.field("found", Cell::prose(&report.message));
    let all: Vec<CheckpointStatus> = report.checkpoints.iter().map(|it| it.checkpoint.clone()).collect();
    let columns: Vec<&str> = ["severity"].into_iter().chain(checkpoint_columns(&all)).collect();
    let rows = report.checkpoints.iter().map(|it| {
        let cells = checkpoint_cells(&it.checkpoint, &all);
        [severity_cell(it.severity)].into_iter().chain(cells).collect()
    });
    sheet.table(&columns, rows.collect());
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::limit;
    use crate::ops::checkpoints::LagLimit;

    #[test]
    fn a_limit_is_a_number_of_events_or_a_duration() {
        assert_eq!(limit("1000"), Ok(LagLimit::Events(1000)));
        assert_eq!(limit("5m"), Ok(LagLimit::Seconds(Duration::from_secs(300))));
        for wrong in ["", "-1", "many", "1.5", "5m ago"] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
    }
}
