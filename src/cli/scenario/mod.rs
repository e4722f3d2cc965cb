//! The commands `esctl scenario …`: given/when/then scenarios.

mod check;
mod files;
mod init;
mod junit;
mod run;
mod scenario_stores;
mod show;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::write_record::Effect;

/// The subcommands of `esctl scenario`.
#[derive(Debug, Subcommand)]
pub enum ScenarioVerb {
    Run(run::ScenarioRunArgs),
    Check(check::ScenarioCheckArgs),
    Init(init::ScenarioInitArgs),
}

impl ScenarioVerb {
    /// Returns the effect of the verb.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Run(run) => run.effect(),
            Self::Check(_) | Self::Init(_) => Effect::Reads,
        }
    }
}

pub(super) async fn run(verb: ScenarioVerb, app: &App) -> Result<(), CliError> {
    match verb {
        ScenarioVerb::Run(args) => args.run(app).await,
        ScenarioVerb::Check(args) => args.run(app),
        ScenarioVerb::Init(args) => args.run(app),
    }
}
