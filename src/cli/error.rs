//! The error that a command ends with: exit code, stable code and texts.
//!
//! Holds data only. The output decides how it is shown.

use std::error::Error;
use std::fmt;

use serde_json::Map;
use serde_json::Value;

use crate::cli::exit;
use crate::ops::failure::add_causes;

pub use crate::ops::nearest;

/// The code of the error for a closed pipe, which ends the program without a message.
const CLOSED_PIPE: &str = "closed_pipe";

/// The error of a command, for people and scripts.
///
/// ```
/// use esctl::cli::CliError;
/// let error = CliError::not_found("no stream resource-gole").hint("did you mean resource-gold?").with("stream", "resource-gole");
/// assert_eq!((error.exit, error.code), (3, "not_found"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CliError {
    /// The exit code of the program, one of [`exit`].
    pub exit: u8,
    /// The stable `snake_case` code, for scripts.
    pub code: &'static str,
    /// The message, one sentence for people.
    pub message: String,
    /// The underlying errors, nearest first.
    pub causes: Vec<String>,
    /// The advice on what to do.
    pub hint: Option<String>,
    /// Further fields, for scripts.
    pub details: Box<Map<String, Value>>,
}

impl CliError {
    /// Returns an error with an exit code and a code of its own.
    pub fn new(exit: u8, code: &'static str, message: impl Into<String>) -> Self {
        Self { exit, code, message: message.into(), causes: Vec::new(), hint: None, details: Box::default() }
    }

    fn of(exit: u8, message: impl Into<String>) -> Self {
        Self::new(exit, exit::name(exit), message)
    }

    /// Returns the error for a check that failed (exit 1).
    pub fn check_failed(message: impl Into<String>) -> Self {
        Self::of(exit::CHECK_FAILED, message)
    }

    /// Returns the error for wrong usage (exit 2).
    pub fn usage(message: impl Into<String>) -> Self {
        Self::of(exit::USAGE, message)
    }

    /// Returns the error for something that does not exist (exit 3).
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::of(exit::NOT_FOUND, message)
    }

    /// Returns the error for a version conflict (exit 4).
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::of(exit::CONFLICT, message)
    }

    /// Returns the error for a rejection by a rule of a domain (exit 5).
    pub fn rejected(message: impl Into<String>) -> Self {
        Self::of(exit::REJECTED, message)
    }

    /// Returns the error for something that is unavailable (exit 6).
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::of(exit::UNAVAILABLE, message)
    }

    /// Returns the error for a missing permission (exit 7).
    pub fn not_allowed(message: impl Into<String>) -> Self {
        Self::of(exit::NOT_ALLOWED, message)
    }

    /// Returns the error for stored data that contradict each other (exit 8).
    pub fn integrity(message: impl Into<String>) -> Self {
        Self::of(exit::INTEGRITY, message)
    }

    /// Returns the error for something that this esctl does not support (exit 9).
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::of(exit::UNSUPPORTED, message)
    }

    /// Returns the error for a write that may or may not have been applied (exit 10).
    pub fn outcome_unknown(message: impl Into<String>) -> Self {
        Self::of(exit::OUTCOME_UNKNOWN, message)
    }

    /// Returns the error for a batch that was applied in part (exit 11).
    pub fn partial(message: impl Into<String>) -> Self {
        Self::of(exit::PARTIAL, message)
    }

    /// Returns the error for a bug in esctl (exit 70).
    pub fn bug(message: impl Into<String>) -> Self {
        Self::of(exit::BUG, message)
    }

    /// Returns the error for Ctrl-C (exit 130).
    pub fn interrupted(message: impl Into<String>) -> Self {
        Self::of(exit::INTERRUPTED, message)
    }

    /// Returns the error for SIGTERM (exit 143).
    pub fn terminated(message: impl Into<String>) -> Self {
        Self::of(exit::TERMINATED, message)
    }

    /// Returns true for SIGINT and SIGTERM.
    pub fn is_signal(&self) -> bool {
        matches!(self.exit, exit::INTERRUPTED | exit::TERMINATED)
    }

    /// Returns the error for a closed stdout. Nothing is printed, and the exit code is 0.
    pub fn closed_pipe() -> Self {
        Self::new(exit::DONE, CLOSED_PIPE, "the reader of stdout is gone")
    }

    /// Returns true for a closed stdout, about which nothing is printed.
    pub fn is_closed_pipe(&self) -> bool {
        self.code == CLOSED_PIPE
    }

    /// Sets a code that is narrower than the name of the exit code.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// Sets the hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the hint `did you mean …?` if one of the candidates is near.
    #[must_use]
    pub fn did_you_mean<'a>(self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(word, candidates) {
            Some(near) => self.hint(format!("did you mean {near}?")),
            None => self,
        }
    }

    /// Names the argument that the error is about, before the message and in the details.
    #[must_use]
    pub fn in_argument(mut self, argument: &str) -> Self {
        self.message = format!("{argument}: {}", self.message);
        self.with("argument", argument)
    }

    /// Adds a field to the details.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// Adds an error and its sources as causes. A text that repeats the one before is left out.
    #[must_use]
    pub fn caused_by(mut self, error: &dyn Error) -> Self {
        add_causes(&mut self.causes, &self.message, error);
        self
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
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
        assert_eq!(error.causes, ["reading page 7", "disk on fire"]);
        assert_eq!((error.exit, error.code), (6, "unavailable"));
    }

    #[test]
    fn a_cause_that_repeats_the_message_is_left_out() {
        let error = CliError::unavailable("reading page 7: disk on fire").caused_by(&Outer(io::Error::other("disk on fire")));
        assert!(error.causes.is_empty());
    }

    #[test]
    fn a_far_word_keeps_the_earlier_hint() {
        let error = CliError::usage("what?").hint("see --help").did_you_mean("zzz", ["list"]);
        assert_eq!(error.hint.as_deref(), Some("see --help"));
    }
}
