//! The output formats of checks.

use clap::ValueEnum;

/// An output format of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// A table for people.
    Table,
    /// One JSON document.
    Json,
    /// Metrics in the text format of Prometheus, for a textfile collector.
    Prometheus,
    /// One line with performance data, for Nagios and Icinga.
    Nagios,
}
