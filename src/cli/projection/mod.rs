//! The commands `esctl projection …`: projections and their read models.

mod create;
mod delete;
mod errors;
mod failed_to_apply;
mod known;
mod list;
mod pause;
mod query;
mod rebuild;
mod rollback;
mod run;
mod run_rows;
mod status;

pub(super) use status::state_in_words;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::write_record::Effect;

/// The subcommands of `esctl projection`.
#[derive(Debug, Subcommand)]
pub enum Verb {
    List(list::ProjectionListArgs),
    Status(status::ProjectionStatusArgs),
    Run(run::ProjectionRunArgs),
    Rebuild(rebuild::ProjectionRebuildArgs),
    Rollback(rollback::ProjectionRollbackArgs),
    Pause(pause::ProjectionPauseArgs),
    Resume(pause::ProjectionResumeArgs),
    Errors(errors::ProjectionErrorsArgs),
    Query(query::ProjectionQueryArgs),
    Create(create::ProjectionCreateArgs),
    Delete(delete::ProjectionDeleteArgs),
}

impl Verb {
    /// Returns the effect of the verb.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Run(_)
            | Self::Rebuild(_)
            | Self::Rollback(_)
            | Self::Pause(_)
            | Self::Resume(_)
            | Self::Create(_)
            | Self::Delete(_) => Effect::Repeatable,
            Self::Errors(errors) => errors.effect(),
            Self::List(_) | Self::Status(_) | Self::Query(_) => Effect::Reads,
        }
    }
}

pub(super) async fn run(verb: Verb, app: &App) -> Result<(), CliError> {
    match verb {
        Verb::List(args) => args.run(app).await,
        Verb::Status(args) => args.run(app).await,
        Verb::Run(args) => args.run(app).await,
        Verb::Rebuild(args) => args.run(app).await,
        Verb::Rollback(args) => args.run(app).await,
        Verb::Pause(args) => args.run(app).await,
        Verb::Resume(args) => args.run(app).await,
        Verb::Errors(args) => args.run(app).await,
        Verb::Query(args) => args.run(app).await,
        Verb::Create(args) => args.run(app).await,
        Verb::Delete(args) => args.run(app).await,
    }
}
