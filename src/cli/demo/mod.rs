//! The command `esctl demo`: real commands on a store of their own, with their real output. Each step is checked.

mod script;
mod stage;

use std::fs;
use std::io;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tempfile::TempDir;

use crate::cli::app::App;
use crate::cli::demo::script::DemoAction;
use crate::cli::demo::script::STEPS;
use crate::cli::demo::script::TO_TRY;
use crate::cli::demo::stage::Stage;
use crate::cli::demo::stage::StepReport;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Sheet;
use crate::cli::output::Tone;
use crate::cli::write_record::Effect;
use crate::ops::damage_row::damage_row;

/// The name of the store in its folder.
const STORE: &str = "demo.db";
/// The columns of a terminal that the demo fits.
const COLUMNS: usize = 80;

/// Run a demo in a store of its own: a race, time travel, and the repair of a damaged row
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Keep the store in this folder, to try further commands on it [default: esctl-demo]
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "esctl-demo", value_hint = clap::ValueHint::DirPath)]
    keep: Option<PathBuf>,
}

/// The folder of the store, which ends with the demo unless it is kept.
enum DemoFolder {
    Kept(PathBuf),
    Removed(TempDir),
}

/// The outcome of the demo.
#[derive(Debug, Serialize)]
struct DemoReport {
    /// The steps, in order.
    steps: Vec<StepReport>,
    /// True if every step did what it should.
    verified: bool,
    /// The URL of the store; none if it was not kept.
    store: Option<String>,
    /// Commands to try on the kept store.
    to_try: Vec<&'static str>,
}

impl DemoArgs {
    /// Returns the effect of the command.
    pub(in crate::cli) fn effect(&self) -> Effect {
        if self.keep.is_some() { Effect::Repeatable } else { Effect::Reads }
    }

    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let folder = DemoFolder::create(self.keep)?;
        let url = format!("sqlite:{}", folder.store().display());
        let mut stage = Stage::new(app, &url);
        let mut steps = Vec::with_capacity(STEPS.len());
        let mut failed = None;
        for (number, step) in (1..).zip(&STEPS) {
            if matches!(step.action, DemoAction::Damage) {
                damage_row(&app.open(&url.parse()?)?, "resources", "gold", ("amount", 9999.into()), app.now()).await?;
            }
            let Some((report, wrong)) = stage.perform(step).await? else { continue };
            steps.push(report);
            if let Some(wrong) = wrong {
                failed = Some(CliError::check_failed(format!("step {number} of the demo: {wrong}")).code("demo_failed"));
                break;
            }
        }
        let kept = matches!(folder, DemoFolder::Kept(_));
        let to_try = if kept { TO_TRY.to_vec() } else { Vec::new() };
        let report = DemoReport { steps, verified: failed.is_none(), store: kept.then_some(url), to_try };
        app.out.one(&report, |sheet| draw(&report, sheet))?;
        failed.map_or(Ok(()), Err)
    }
}

impl DemoFolder {
    /// Creates the folder. A store that exists is not touched.
    fn create(keep: Option<PathBuf>) -> Result<Self, CliError> {
        let Some(folder) = keep else {
            let folder = tempfile::Builder::new().prefix("esctl-demo-").tempdir();
            return folder.map(Self::Removed).map_err(|error| cannot("create a temporary folder", &error));
        };
        fs::create_dir_all(&folder).map_err(|error| cannot(&format!("create the folder {}", folder.display()), &error))?;
        let folder = std::path::absolute(&folder).map_err(|error| cannot("find the current folder", &error))?;
        let store = folder.join(STORE);
        if store.symlink_metadata().is_ok() {
            let error = CliError::usage(format!("the store {} already exists", store.display())).code("store_exists");
            return Err(error.hint("pass another folder: esctl demo --keep DIR"));
        }
        Ok(Self::Kept(folder))
    }

    fn store(&self) -> PathBuf {
        match self {
            Self::Kept(folder) => folder.join(STORE),
            Self::Removed(folder) => folder.path().join(STORE),
        }
    }
}

fn cannot(what: &str, error: &io::Error) -> CliError {
    CliError::unavailable(format!("cannot {what}")).caused_by(error)
}

fn draw(report: &DemoReport, sheet: &mut Sheet) {
    for step in &report.steps {
        if let Some(title) = step.title {
            sheet.heading(title);
        }
        for line in step.command.lines() {
            sheet.line(Cell::new(line).tone(Tone::Dim));
        }
        for line in &step.output {
            let tone = match line {
                line if line.starts_with("error:") => Tone::Bad,
                line if line.starts_with("applied:") => Tone::Good,
                _ => Tone::Plain,
            };
            sheet.wrapped(line, COLUMNS, tone);
        }
    }
    sheet.blank();
    match &report.store {
        None => sheet.line("Nothing was kept. 'esctl demo --keep' keeps the store, to try further commands."),
        Some(store) => {
            sheet.line(Cell::new("The store is kept. Try:").tone(Tone::Strong));
            sheet.line(format!("export ESCTL_STORE='{store}'"));
            report.to_try.iter().for_each(|command| {
                sheet.line(*command);
            });
            sheet
        }
    };
}
