//! `esctl scenario check`

use clap::Args;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Listing;
use crate::cli::scenario::files;
use crate::ops::scenario::Scenario;

/// Read scenarios and look whether every name in them is one, without running them
#[derive(Debug, Args)]
pub struct Check {
    /// Files of scenarios, in YAML or JSON; - reads stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Also mark what is wrong in the files as GitHub shows it
    #[arg(long)]
    github: bool,
}

/// A scenario that can be read.
#[derive(Serialize)]
struct Checked<'a> {
    file: &'a str,
    line: usize,
    name: &'a str,
    steps: usize,
}

impl<'a> Checked<'a> {
    fn of(file: &'a str, scenario: &'a Scenario) -> Self {
        Self { file, line: scenario.line, name: &scenario.name, steps: scenario.steps.len() }
    }
}

impl Check {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        let files = files::read(app, &self.files, self.github)?;
        let listing = Listing::new(["file", "line", "scenario", "steps"]).fields(["file", "line", "name", "steps"]);
        let mut list = app.out.list(listing);
        for file in &files {
            for scenario in &file.scenarios {
                let checked = Checked::of(&file.name, scenario);
                let cells = || vec![checked.file.into(), checked.line.into(), checked.name.into(), checked.steps.into()];
                list.push(&checked, cells)?;
            }
        }
        list.finish(None)
    }
}
