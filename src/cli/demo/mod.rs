//! The command `esctl demo`: real commands on a store of their own, with their real output. Each step is checked.

mod script;
mod stage;

use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tempfile::TempDir;

use crate::cli::app::App;
use crate::cli::demo::script::STEPS;
use crate::cli::demo::script::TO_TRY;
use crate::cli::demo::stage::Stage;
use crate::cli::demo::stage::StepReport;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Sheet;
use crate::cli::output::Tone;
use crate::cli::replace_file::unwritable;
use crate::cli::shell_quoting;
use crate::cli::write_record::Effect;
use crate::store::StoreUrl;

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

/// The folder of the store. The store gets its place at the end: an interrupted demo leaves nothing.
struct DemoFolder {
    scratch: TempDir,
    /// The final place of the store, if it is kept.
    kept: Option<PathBuf>,
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
        let url = StoreUrl::SqliteFile(folder.scratch.path().join(STORE)).to_string();
        let mut stage = Stage::new(app, &url);
        let mut steps = Vec::with_capacity(STEPS.len());
        let mut failed = None;
        for (number, step) in (1..).zip(&STEPS) {
            let Some((report, wrong)) = stage.perform(step).await? else { continue };
            steps.push(report);
            if let Some(wrong) = wrong {
                failed = Some(CliError::check_failed(format!("step {number} of the demo: {wrong}")).code("demo_failed"));
                break;
            }
        }
        let store = if failed.is_none() { folder.keep()? } else { None };
        let to_try = if store.is_some() { TO_TRY.to_vec() } else { Vec::new() };
        let report = DemoReport { steps, verified: failed.is_none(), store: store.map(|store| store.to_string()), to_try };
        app.out.one(&report, |sheet| draw(&report, sheet))?;
        failed.map_or(Ok(()), Err)
    }
}

impl DemoFolder {
    /// Creates the folder. A store that exists is not touched.
    fn create(keep: Option<PathBuf>) -> Result<Self, CliError> {
        let (parent, kept) = match keep {
            Some(folder) => {
                let failed = |error| unwritable("the folder", &folder, &error);
                fs::create_dir_all(&folder).map_err(failed)?;
                let absolute = std::path::absolute(&folder).map_err(failed)?;
                let store = absolute.join(STORE);
                if store.symlink_metadata().is_ok() {
                    return Err(exists(&store));
                }
                (absolute, Some(store))
            }
            None => (env::temp_dir(), None),
        };
        let scratch = tempfile::Builder::new().prefix(".esctl-demo-").tempdir_in(&parent);
        Ok(Self { scratch: scratch.map_err(|error| unwritable("the folder", &parent, &error))?, kept })
    }

    /// Moves the store to its place. Returns its URL; none if it is not kept.
    fn keep(self) -> Result<Option<StoreUrl>, CliError> {
        let Some(store) = self.kept else { return Ok(None) };
        // Unlike a rename, a link replaces nothing.
        match fs::hard_link(self.scratch.path().join(STORE), &store) {
            Ok(()) => Ok(Some(StoreUrl::SqliteFile(store))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists(&store)),
            Err(error) => Err(unwritable("the store", &store, &error)),
        }
    }
}

fn exists(store: &Path) -> CliError {
    let error = CliError::usage(format!("the store {} already exists", store.display())).code("store_exists");
    error.hint("pass another folder: esctl demo --keep DIR")
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
            sheet.line(format!("export ESCTL_STORE={}", shell_quoting::word(store.as_ref())));
            report.to_try.iter().for_each(|command| {
                sheet.line(*command);
            });
            sheet
        }
    };
}
