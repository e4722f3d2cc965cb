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
pub enum ProjectionVerb {
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

impl ProjectionVerb {
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

pub(super) async fn run(verb: ProjectionVerb, app: &App) -> Result<(), CliError> {
    match verb {
        ProjectionVerb::List(args) => args.run(app).await,
        ProjectionVerb::Status(args) => args.run(app).await,
        ProjectionVerb::Run(args) => args.run(app).await,
        ProjectionVerb::Rebuild(args) => args.run(app).await,
        ProjectionVerb::Rollback(args) => args.run(app).await,
        ProjectionVerb::Pause(args) => args.run(app).await,
        ProjectionVerb::Resume(args) => args.run(app).await,
        ProjectionVerb::Errors(args) => args.run(app).await,
        ProjectionVerb::Query(args) => args.run(app).await,
        ProjectionVerb::Create(args) => args.run(app).await,
        ProjectionVerb::Delete(args) => args.run(app).await,
    }
}
