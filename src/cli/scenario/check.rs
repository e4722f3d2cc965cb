//! The command `esctl scenario check`.

use clap::Args;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Listing;
use crate::cli::scenario::files;
use crate::ops::scenario::Scenario;

/// Check scenarios without running them: their form, and every name in them
#[derive(Debug, Args)]
pub struct ScenarioCheckArgs {
    /// Files with scenarios, in YAML or JSON; - reads stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Annotate mistakes in the files for GitHub Actions as well
    #[arg(long)]
    github: bool,
}

/// A valid scenario, as a row.
#[derive(Serialize)]
struct CheckedRow<'a> {
    file: &'a str,
    line: usize,
    name: &'a str,
    steps: usize,
}

impl<'a> CheckedRow<'a> {
    fn of(file: &'a str, scenario: &'a Scenario) -> Self {
        Self { file, line: scenario.line, name: &scenario.name, steps: scenario.steps.len() }
    }
}

impl ScenarioCheckArgs {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        let files = files::read(app, &self.files, self.github)?;
        let listing = Listing::new(["file", "line", "scenario", "steps"]).fields(["file", "line", "name", "steps"]);
        let mut list = app.out.list(listing);
        for file in &files {
            for scenario in &file.scenarios {
                let checked = CheckedRow::of(&file.name, scenario);
                let cells = || vec![checked.file.into(), checked.line.into(), checked.name.into(), checked.steps.into()];
                list.push(&checked, cells)?;
            }
        }
        list.finish(None)
    }
}
