//! The severity of what a check finds, as monitoring plugins have it.

use serde::Serialize;

/// The outcome of a check, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Within the limits.
    Ok,
    /// Over the limit for a warning.
    Warning,
    /// It cannot be said.
    Unknown,
    /// Over the limit for an alarm, or broken.
    Critical,
}

impl Severity {
    /// Returns the name of monitoring plugins.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Unknown => "UNKNOWN",
            Self::Critical => "CRITICAL",
        }
    }

    /// Returns the exit code of monitoring plugins.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }
}
