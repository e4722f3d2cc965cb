//! Prints the outcome of a check, and ends with its exit code.

use serde::Serialize;

use crate::cli::app::App;
use crate::cli::check::format::CheckFormat;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::cli::output::OutputSettings;
use crate::cli::output::Sheet;
use crate::cli::output::Tone;
use crate::ops::Severity;

/// The outcome of a check in the formats of monitoring systems.
pub(super) struct Outcome {
    pub(super) severity: Severity,
    /// The line of a monitoring plugin.
    pub(super) nagios: String,
    /// The metrics.
    pub(super) prometheus: String,
}

impl Outcome {
    /// Prints the outcome. One other than ok is an error with its exit code, about which nothing more is printed.
    pub(super) fn print<T: Serialize>(
        self,
        app: &App,
        format: Option<CheckFormat>,
        report: &T,
        draw: impl FnOnce(&mut Sheet),
    ) -> Result<(), CliError> {
        match format {
            Some(CheckFormat::Nagios) => app.out.text(&self.nagios)?,
            Some(CheckFormat::Prometheus) => app.out.text(&self.prometheus)?,
            Some(CheckFormat::Table) => in_format(app, Format::Table).one(report, draw)?,
            Some(CheckFormat::Json) => in_format(app, Format::Json).one(report, draw)?,
            None => app.out.one(report, draw)?,
        }
        match self.severity {
            Severity::Ok => Ok(()),
            severity => Err(CliError::verdict(severity.exit_code())),
        }
    }
}

fn in_format(app: &App, format: Format) -> Output {
    Output::new(OutputSettings { format, ..app.out.settings().clone() })
}

/// Returns a severity as a cell.
pub(super) fn severity_cell(severity: Severity) -> Cell {
    let tone = match severity {
        Severity::Ok => Tone::Good,
        Severity::Warning | Severity::Unknown => Tone::Warn,
        Severity::Critical => Tone::Bad,
    };
    Cell::new(severity.name().to_lowercase()).tone(tone)
}
