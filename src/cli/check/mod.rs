//! The commands `esctl check …`, for monitoring. They have the exit codes of monitoring plugins: 0 to 3.

mod format;
mod head;
mod integrity;
mod lag;
mod nagios;
mod outcome;
mod prometheus;

use std::ffi::OsString;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::check::format::CheckFormat;
use crate::cli::error::CliError;
use crate::ops::Severity;

/// The names of the subcommands.
const VERBS: [&str; 3] = ["lag", "head", "integrity"];

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
    let Err(error) = outcome else { return Ok(()) };
    if error.is_verdict() || error.is_signal() || error.is_closed_pipe() {
        return Err(error);
    }
    if is_plugin {
        // A monitoring system reads stdout.
        app.out.text(&nagios::unknown(name, &error))?;
        return Err(CliError::verdict(Severity::Unknown.exit_code()));
    }
    Err(error.with_exit_code(Severity::Unknown.exit_code()))
}

/// Returns true for the command line of a check, whose exit codes are those of monitoring plugins.
pub(super) fn is_check(arguments: &[OsString]) -> bool {
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let found = words.windows(2).position(|pair| pair[0] == "check" && VERBS.contains(&pair[1]));
    found.is_some_and(|place| !words[..place].contains(&"layout"))
}
