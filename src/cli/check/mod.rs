//! The commands `esctl check …`, for monitoring. They have the exit codes of monitoring plugins: 0 to 3.

mod format;
mod head;
mod integrity;
mod lag;
mod limits;
mod nagios;
mod outcome;
mod prevented;
mod prometheus;

pub(super) use prevented::prevented;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::check::format::CheckFormat;
use crate::cli::check::prevented::as_plugin;
use crate::cli::check::prevented::as_unknown;
use crate::cli::error::CliError;

/// The subcommands of `esctl check`.
#[derive(Debug, Subcommand)]
pub enum CheckVerb {
    Lag(lag::CheckLagArgs),
    Head(head::CheckHeadArgs),
    Integrity(integrity::CheckIntegrityArgs),
}

impl CheckVerb {
    fn format(&self) -> Option<CheckFormat> {
        match self {
            Self::Lag(args) => args.format,
            Self::Head(args) => args.format,
            Self::Integrity(args) => args.format,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Lag(_) => "LAG",
            Self::Head(_) => "HEAD",
            Self::Integrity(_) => "INTEGRITY",
        }
    }
}

/// Runs a check. Whatever prevents it has the exit code of an unknown outcome.
pub(super) async fn run(verb: CheckVerb, app: &App) -> Result<(), CliError> {
    let (is_plugin, name) = (verb.format() == Some(CheckFormat::Nagios), verb.name());
    let outcome = match verb {
        CheckVerb::Lag(args) => args.run(app).await,
        CheckVerb::Head(args) => args.run(app).await,
        CheckVerb::Integrity(args) => args.run(app).await,
    };
    outcome.map_err(|error| if is_plugin { as_plugin(name, error, &app.out) } else { as_unknown(error) })
}
