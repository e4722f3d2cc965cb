//! The command `esctl scenario run`.

use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Format;
use crate::cli::output::ListWriter;
use crate::cli::output::Listing;
use crate::cli::output::Tone;
use crate::cli::scenario::files;
use crate::cli::scenario::junit;
use crate::cli::scenario::scenario_stores::ScenarioStores;
use crate::cli::scenario::show;
use crate::cli::shutdown_hold::ShutdownHold;
use crate::cli::signals::interrupted;
use crate::cli::write_record::Effect;
use crate::ops::scenario::Scenario;
use crate::ops::scenario::ScenarioReport;
use crate::ops::scenario::run_scenario;

/// Run given/when/then scenarios; exit code 1 if one fails
///
/// Each scenario has a store of its own in memory and a fixed clock. With --store (or ESCTL_STORE, or --context) its store is a
/// scratch area beside the named store instead, in the same database (for SQLite: a folder beside the file). The scratch area is
/// removed afterwards, also after Ctrl-C; a second Ctrl-C does not wait for that. The named store is not touched.
#[derive(Debug, Args)]
pub struct ScenarioRunArgs {
    /// Files with scenarios, in YAML or JSON; - reads stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Write a JUnit report as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Stop at the first scenario that fails
    #[arg(long)]
    fail_fast: bool,
    /// Keep the scratch areas beside --store, and print their URLs
    #[arg(long)]
    keep: bool,
    /// Annotate failures in the files for GitHub Actions as well
    #[arg(long)]
    github: bool,
}

/// A scenario that was run, as a row.
#[derive(Serialize)]
struct ScenarioRow<'a> {
    file: &'a str,
    #[serde(flatten)]
    report: &'a ScenarioReport,
}

/// The output of reports: one after the other for people, a list for programs.
struct ReportWriter<'a> {
    app: &'a App,
    github: bool,
    list: Option<ListWriter<'a>>,
    ok: u64,
    failed: u64,
    not_run: u64,
}

impl ScenarioRunArgs {
    /// Returns the effect of the command: a report, or scratch areas that stay.
    pub(in crate::cli) fn effect(&self) -> Effect {
        if self.junit.is_some() || self.keep { Effect::Repeatable } else { Effect::Reads }
    }

    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let files = files::read(app, &self.files, self.github)?;
        if let Some(path) = &self.junit {
            junit::check(path)?;
        }
        let stages = ScenarioStores::new(app, self.keep)?;
        let mut reports = ReportWriter::new(app, self.github);
        let mut suites = Vec::new();
        let mut signal = Box::pin(interrupted());
        for file in &files {
            let mut suite = junit::suite(&file.name);
            for scenario in &file.scenarios {
                if self.fail_fast && reports.failed > 0 {
                    reports.not_run += 1;
                    junit::add(&mut suite, &file.name, scenario, None);
                    continue;
                }
                let start = Instant::now();
                let report = run_one(app, &stages, scenario, signal.as_mut()).await?;
                junit::add(&mut suite, &file.name, scenario, Some((&report, start.elapsed())));
                reports.take(&file.name, &report)?;
            }
            suites.push(suite);
        }
        let written = self.junit.as_deref().map_or(Ok(()), |path| junit::write(path, suites));
        match (reports.finish(), written) {
            // The results are printed in any case.
            (Err(failed), Err(error)) => {
                app.out.error(&failed);
                Err(error)
            }
            (finished, written) => finished.and(written),
        }
    }
}

/// Runs a scenario. A signal ends it after the current step. Its scratch area is removed in any case.
async fn run_one(
    app: &App,
    stages: &ScenarioStores,
    scenario: &Scenario,
    signal: impl Future<Output = CliError>,
) -> Result<ScenarioReport, CliError> {
    let _hold = ShutdownHold::begin();
    let stage = stages.make(app)?;
    let stop = AtomicBool::new(false);
    let mut running = Box::pin(run_scenario(&stage.store, scenario, &stop));
    let report = tokio::select! {
        // In this order, because the signal may have come before.
        biased;
        error = signal => {
            stop.store(true, Ordering::SeqCst);
            // A request that the server has already could create again what was removed.
            let _ = running.as_mut().await;
            Err(error)
        }
        report = &mut running => report.map_err(CliError::from),
    };
    drop(running);
    stages.end(app, stage, &scenario.name).await;
    report
}

impl<'a> ReportWriter<'a> {
    fn new(app: &'a App, github: bool) -> Self {
        let listing = Listing::new([""; 0]).fields(["file", "name", "line", "ok", "steps", "failed"]);
        let list = (app.out.format() != Format::Table).then(|| app.out.list(listing));
        Self { app, github, list, ok: 0, failed: 0, not_run: 0 }
    }

    fn take(&mut self, file: &str, report: &ScenarioReport) -> Result<(), CliError> {
        *(if report.ok { &mut self.ok } else { &mut self.failed }) += 1;
        match &mut self.list {
            Some(list) => drop(list.push(&ScenarioRow { file, report }, Vec::new)?),
            None => self.app.out.one(report, |sheet| show::draw(file, report, sheet))?,
        }
        if let (true, Some(failed)) = (self.github, &report.failed) {
            let message = format!("step {}, {}\n{}", failed.number, failed.step, show::lines(failed));
            self.app.out.github_error(Path::new(file), failed.line, &report.name, &message);
        }
        Ok(())
    }

    fn finish(self) -> Result<(), CliError> {
        let Self { app, list, ok, failed, not_run, .. } = self;
        let ran = ok + failed;
        match list {
            Some(list) => list.finish(None)?,
            None => {
                let tone = if failed == 0 { Tone::Good } else { Tone::Bad };
                let left = if not_run == 0 { String::new() } else { format!(", {not_run} not run") };
                let summary = format!("{ran} scenarios: {ok} ok, {failed} failed{left}");
                app.out.one(&summary, |sheet| {
                    sheet.line(Cell::new(&summary).tone(tone));
                })?;
            }
        }
        if failed == 0 {
            return Ok(());
        }
        let error = CliError::check_failed(format!("{failed} of {ran} scenarios failed")).code("scenario_failed");
        Err(error.with("failed", failed).with("not_run", not_run))
    }
}
