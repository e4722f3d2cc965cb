//! The error that a command ends with: exit code, stable code and texts.
//!
//! Holds data only. The output decides how it is shown.

use std::error::Error;
use std::fmt;

use serde_json::Value;

use crate::cli::exit;
use crate::ops::Failure;
use crate::ops::FailureKind;

pub use crate::ops::nearest;

/// The error of a command, for people and scripts.
///
/// ```
/// use esctl::cli::CliError;
/// let error = CliError::not_found("no stream resource-gole").hint("did you mean resource-gold?").with("stream", "resource-gole");
/// assert_eq!((error.exit(), error.failure.code), (3, "not_found"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CliError {
    /// The failure. Its hint is the one for operators, if it has one.
    pub failure: Box<Failure>,
    /// The exit code, where it is not that of the kind of failure.
    exit_code: Option<u8>,
    /// True if the output has the reason for the exit code already.
    is_verdict: bool,
}

impl CliError {
    fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Failure::new(kind, message).into()
    }

    /// Returns the exit code of the program, one of [`exit`].
    pub fn exit(&self) -> u8 {
        self.exit_code.unwrap_or_else(|| exit::code(self.failure.kind))
    }

    /// Returns the error for a check that failed (exit 1).
    pub fn check_failed(message: impl Into<String>) -> Self {
        Self::new(FailureKind::CheckFailed, message)
    }

    /// Returns the error for wrong usage (exit 2).
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, message)
    }

    /// Returns the error for something that does not exist (exit 3).
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(FailureKind::NotFound, message)
    }

    /// Returns the error for a version conflict (exit 4).
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Conflict, message)
    }

    /// Returns the error for a rejection by a rule of a domain (exit 5).
    pub fn rejected(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Rejected, message)
    }

    /// Returns the error for something that is unavailable (exit 6).
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Unavailable, message)
    }

    /// Returns the error for a missing permission (exit 7).
    pub fn not_allowed(message: impl Into<String>) -> Self {
        Self::new(FailureKind::NotAllowed, message)
    }

    /// Returns the error for stored data that contradict each other (exit 8).
    pub fn integrity(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Integrity, message)
    }

    /// Returns the error for something that this esctl does not support (exit 9).
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Unsupported, message)
    }

    /// Returns the error for a write that may or may not have been applied (exit 10).
    pub fn outcome_unknown(message: impl Into<String>) -> Self {
        Self::new(FailureKind::OutcomeUnknown, message)
    }

    /// Returns the error for a batch that was applied in part (exit 11).
    pub fn partial(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Partial, message)
    }

    /// Returns the error for a bug in esctl (exit 70).
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Bug, message)
    }

    /// Returns the error for Ctrl-C (exit 130).
    pub fn interrupted(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Interrupted, message)
    }

    /// Returns the error for SIGTERM (exit 143).
    pub fn terminated(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Terminated, message)
    }

    /// Returns true for SIGINT and SIGTERM.
    pub fn is_signal(&self) -> bool {
        matches!(self.failure.kind, FailureKind::Interrupted | FailureKind::Terminated)
    }

    /// Returns the error for a closed stdout. Nothing is printed, and the exit code is 0.
    pub fn closed_pipe() -> Self {
        Self::new(FailureKind::ReaderGone, "the reader of stdout is gone")
    }

    /// Returns true for a closed stdout, about which nothing is printed.
    pub fn is_closed_pipe(&self) -> bool {
        self.failure.kind == FailureKind::ReaderGone
    }

    /// Returns the end of a check whose outcome is printed already, with an exit code of monitoring plugins.
    pub fn verdict(exit_code: u8) -> Self {
        let error = Self::check_failed("the check has an outcome other than ok");
        Self { is_verdict: true, ..error.with_exit_code(exit_code) }
    }

    /// Returns true if the output has the reason for the exit code already.
    pub fn is_verdict(&self) -> bool {
        self.is_verdict
    }

    /// Sets an exit code that is not that of the kind of failure.
    #[must_use]
    pub fn with_exit_code(self, code: u8) -> Self {
        Self { exit_code: Some(code), ..self }
    }

    pub(super) fn of(failure: Box<Failure>) -> Self {
        Self { failure, exit_code: None, is_verdict: false }
    }

    fn map(self, change: impl FnOnce(Failure) -> Failure) -> Self {
        Self { failure: change(*self.failure).into(), ..self }
    }

    /// Sets a code that is narrower than the name of the exit code.
    #[must_use]
    pub fn code(self, code: &'static str) -> Self {
        self.map(|failure| failure.code(code))
    }

    /// Sets the hint.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        self.map(|failure| failure.hint(hint))
    }

    /// Sets the hint `did you mean …?` if one of the candidates is near.
    #[must_use]
    pub fn did_you_mean<'a>(self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        self.map(|failure| failure.did_you_mean(word, candidates))
    }

    /// Adds a text to the end of the message.
    #[must_use]
    pub fn extended(mut self, text: &str) -> Self {
        self.failure.message.push_str(text);
        self
    }

    /// Names the argument that the error is about, before the message and in the details.
    #[must_use]
    pub fn in_argument(mut self, argument: &str) -> Self {
        self.failure.message = format!("{argument}: {}", self.failure.message);
        self.with("argument", argument)
    }

    /// Adds a field to the details.
    #[must_use]
    pub fn with(self, key: &str, value: impl Into<Value>) -> Self {
        self.map(|failure| failure.with(key, value))
    }

    /// Adds an error and its sources as causes. A text that repeats the one before is left out.
    #[must_use]
    pub fn caused_by(self, error: &dyn Error) -> Self {
        self.map(|failure| failure.caused_by(error))
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.failure.message)
    }
}

impl Error for CliError {}

#[cfg(test)]
mod tests {
    use std::io;

    use thiserror::Error;

    use super::CliError;

    #[derive(Debug, Error)]
    #[error("reading page 7")]
    struct Outer(#[source] io::Error);

    #[test]
    fn causes_are_the_chain_of_sources() {
        let error = CliError::unavailable("the store does not answer").caused_by(&Outer(io::Error::other("disk on fire")));
        assert_eq!(error.failure.causes, ["reading page 7", "disk on fire"]);
        assert_eq!((error.exit(), error.failure.code), (6, "unavailable"));
    }

    #[test]
    fn a_cause_that_repeats_the_message_is_left_out() {
        let error = CliError::unavailable("reading page 7: disk on fire").caused_by(&Outer(io::Error::other("disk on fire")));
        assert!(error.failure.causes.is_empty());
    }

    #[test]
    fn a_far_word_keeps_the_earlier_hint() {
        let error = CliError::usage("what?").hint("see --help").did_you_mean("zzz", ["list"]);
        assert_eq!(error.failure.hint.as_deref(), Some("see --help"));
    }
}
