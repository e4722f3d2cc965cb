//! `esctl scenario run`

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
use crate::cli::scenario::show;
use crate::cli::scenario::stage::Stages;
use crate::cli::signals::Uncut;
use crate::cli::signals::interrupted;
use crate::cli::write_record::Effect;
use crate::ops::scenario::Scenario;
use crate::ops::scenario::ScenarioReport;
use crate::ops::scenario::run_scenario;

/// Run scenarios: what is given, what happens, and what must come of it; exit code 1 when one fails
///
/// Each scenario has a store of its own in memory and a clock that stands still. With --store (or ESCTL_STORE, or
/// --context) it has an area of its own beside that store instead, in the same database (for SQLite: a folder beside the
/// file), which is removed afterwards, also after Ctrl-C (a second one does not wait for that); the store itself is not
/// touched.
#[derive(Debug, Args)]
pub struct Run {
    /// Files of scenarios, in YAML or JSON; - reads stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Also write a JUnit report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Stop at the first scenario that fails
    #[arg(long)]
    fail_fast: bool,
    /// Leave the areas beside --store as they are after the last step, and say where they are
    #[arg(long)]
    keep: bool,
    /// Also mark what failed in the files as GitHub shows it
    #[arg(long)]
    github: bool,
}

/// A scenario that was run.
#[derive(Serialize)]
struct Ran<'a> {
    file: &'a str,
    #[serde(flatten)]
    report: &'a ScenarioReport,
}

/// Where reports go: one after the other for people, a list for programs.
struct Reports<'a> {
    app: &'a App,
    github: bool,
    list: Option<ListWriter<'a>>,
    ok: u64,
    failed: u64,
    not_run: u64,
}

impl Run {
    /// Returns its effect: a report, or areas beside a store that stay.
    pub(in crate::cli) fn effect(&self) -> Effect {
        if self.junit.is_some() || self.keep { Effect::Repeatable } else { Effect::Reads }
    }

    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let files = files::read(app, &self.files, self.github)?;
        if let Some(path) = &self.junit {
            junit::check(path)?;
        }
        let stages = Stages::new(app, self.keep)?;
        let mut reports = Reports::new(app, self.github);
        let mut suites = Vec::new();
        let mut asked_to_end = Box::pin(interrupted());
        for file in &files {
            let mut suite = junit::suite(&file.name);
            for scenario in &file.scenarios {
                if self.fail_fast && reports.failed > 0 {
                    reports.not_run += 1;
                    junit::add(&mut suite, &file.name, scenario, None);
                    continue;
                }
                let start = Instant::now();
                let report = run_one(app, &stages, scenario, asked_to_end.as_mut()).await?;
                junit::add(&mut suite, &file.name, scenario, Some((&report, start.elapsed())));
                reports.take(&file.name, &report)?;
            }
            suites.push(suite);
        }
        let written = self.junit.as_deref().map_or(Ok(()), |path| junit::write(path, suites));
        match (reports.finish(), written) {
            // What was found is said all the same.
            (Err(failed), Err(error)) => {
                app.out.error(&failed);
                Err(error)
            }
            (finished, written) => finished.and(written),
        }
    }
}

/// Runs a scenario, up to the end of a step when somebody asks to end; its area is taken away in any case.
async fn run_one(
    app: &App,
    stages: &Stages,
    scenario: &Scenario,
    asked_to_end: impl Future<Output = CliError>,
) -> Result<ScenarioReport, CliError> {
    let _uncut = Uncut::begin();
    let stage = stages.make(app)?;
    let stop = AtomicBool::new(false);
    let mut running = Box::pin(run_scenario(&stage.store, scenario, &stop));
    let report = tokio::select! {
        // In this order: somebody may have asked before.
        biased;
        error = asked_to_end => {
            stop.store(true, Ordering::SeqCst);
            // What is sent to a server already would make again what was taken away.
            let _ = running.as_mut().await;
            Err(error)
        }
        report = &mut running => report.map_err(CliError::from),
    };
    drop(running);
    stages.end(app, stage, &scenario.name).await;
    report
}

impl<'a> Reports<'a> {
    fn new(app: &'a App, github: bool) -> Self {
        let listing = Listing::new([""; 0]).fields(["file", "name", "line", "ok", "steps", "failed"]);
        let list = (app.out.format() != Format::Table).then(|| app.out.list(listing));
        Self { app, github, list, ok: 0, failed: 0, not_run: 0 }
    }

    fn take(&mut self, file: &str, report: &ScenarioReport) -> Result<(), CliError> {
        *(if report.ok { &mut self.ok } else { &mut self.failed }) += 1;
        match &mut self.list {
            Some(list) => drop(list.push(&Ran { file, report }, Vec::new)?),
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
        let error = CliError::no(format!("{failed} of {ran} scenarios failed")).code("scenario_failed");
        Err(error.with("failed", failed).with("not_run", not_run))
    }
}
