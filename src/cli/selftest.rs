//! The command `esctl selftest`.

use std::time::Duration;

use clap::Args;
use tokio::sync::watch;

use crate::cli::app::App;
use crate::cli::arg_values::limit;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Tone;
use crate::cli::scratch_area::ScratchArea;
use crate::cli::signals::nth;
use crate::ops::selftest;
use crate::ops::selftest::BrokenPromise;
use crate::ops::selftest::PromiseResult;
use crate::ops::selftest::SelftestReport;
use crate::store;

/// Test the promises of a store against its database, in a scratch area that is removed
///
/// Twelve writers and four readers work at the same time, on streams of their own and on shared streams, with batches, repeats and
/// conflicts. A read model runs beside them. Then the result is checked against each promise. The scratch area is a schema
/// (PostgreSQL), a database (MongoDB) or a file (SQLite) beside the named store, which is not touched. Ctrl-C ends the test early,
/// with a report on what was tested until then.
#[derive(Debug, Args)]
pub struct SelftestArgs {
    /// Time for writing and reading, in seconds
    #[arg(long, value_name = "N", value_parser = limit, default_value = "10")]
    seconds: usize,
}

impl SelftestArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let area = ScratchArea::make(app)?;
        let outcome = self.run_in(app, &area).await;
        area.remove(app).await;
        let (report, interrupted) = outcome?;
        show(app, &report)?;
        if !report.ok {
            return Err(broken(&report));
        }
        interrupted.map_or(Ok(()), Err)
    }

    /// Returns the report, and the signal that ended the run early.
    async fn run_in(&self, app: &App, area: &ScratchArea) -> Result<(SelftestReport, Option<CliError>), CliError> {
        let seconds = self.seconds as u64;
        let (stop, stopped) = watch::channel(false);
        let open = || Ok(store::open(area.url(), app.open_options())?);
        let input = selftest::SelftestRun { open: &open, clock: app.clock(), pause: selftest::pause_for(seconds), stop: stopped };
        let bar = app.out.progress(None, "events");
        let mut progress = |more| bar.advance(more);
        let mut running = Box::pin(selftest::selftest(&input, &mut progress));
        let mut time = Box::pin(tokio::time::sleep(Duration::from_secs(seconds)));
        let mut early: Option<CliError> = None;
        let report = loop {
            tokio::select! {
                report = &mut running => break report?,
                () = &mut time, if !*stop.borrow() => drop(stop.send_replace(true)),
                error = nth(if early.is_some() { 2 } else { 1 }) => {
                    if early.is_some() {
                        return Err(error);
                    }
                    early = Some(error);
                    stop.send_replace(true);
                    app.out.note("ending early; press Ctrl-C again to end without a report");
                }
            }
        };
        drop(running);
        bar.finish();
        Ok((report, early))
    }
}

fn show(app: &App, report: &SelftestReport) -> Result<(), CliError> {
    app.out.one(report, |sheet| {
        let verdict = if report.ok { Cell::new("ok").tone(Tone::Good) } else { Cell::new("broken").tone(Tone::Bad) };
        sheet.field("verdict", verdict);
        sheet.field("store", format!("{} ({}, removed)", report.store, report.kind));
        sheet.field("load", format!("{} writers, {} readers", report.writers, report.readers));
        sheet.field("events", format!("{} in {} streams", report.events, report.streams));
        let answers = report.appends;
        sheet.field(
            "appends",
            format!(
                "{} applied, {} applied before, {} conflicts, {} unavailable, {} of unknown outcome",
                answers.applied, answers.already_applied, answers.conflicts, answers.unavailable, answers.unknown
            ),
        );
        let row = |tried: &PromiseResult| {
            let broken = Cell::from(tried.broken).tone(if tried.broken > 0 { Tone::Bad } else { Tone::Plain });
            vec![Cell::new(tried.promise.name()), tried.tried.into(), broken, Cell::prose(tried.text)]
        };
        sheet.blank().table(&["promise", "tried", "broken", "what is promised"], report.promises.iter().map(row).collect());
        if !report.findings.is_empty() {
            sheet.blank();
        }
        let row = |finding: &BrokenPromise| {
            let event = finding.event_id.map(|id| id.to_string());
            vec![Cell::new(finding.promise.name()), finding.position.into(), event.into(), Cell::prose(&finding.message)]
        };
        sheet.table(&["broken", "position", "event", "what is wrong"], report.findings.iter().map(row).collect());
    })
}

fn broken(report: &SelftestReport) -> CliError {
    let mut names: Vec<&str> = report.findings.iter().map(|finding| finding.promise.name()).collect();
    names.dedup();
    let cases: u64 = report.promises.iter().map(|tried| tried.broken).sum();
    let first = report.findings.first();
    let which = first.map_or_else(String::new, |finding| match finding.event_id {
        Some(id) => format!(", first: event {id}: {}", finding.message),
        None => format!(", first: {}", finding.message),
    });
    let times = if cases == 1 { "once".to_owned() } else { format!("{cases} times") };
    CliError::check_failed(format!("the store broke its promises ({}): {times}{which}", names.join(", ")))
        .code("promise_broken")
        .hint("do not store events in it: check the settings of the server and of any proxy or pooler before it, then report it")
        .with("promises", names)
}
