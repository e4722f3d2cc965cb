//! What a command ends with when it could not do its work: exit code, stable code, words for people.
//!
//! It only holds; how it is shown is the business of the output.

use std::error::Error;
use std::fmt;

use serde_json::Map;
use serde_json::Value;

use crate::cli::exit;
use crate::ops::failure::add_causes;

pub use crate::ops::nearest;

/// The code of the error that a closed pipe is; it ends the program quietly.
const CLOSED_PIPE: &str = "closed_pipe";

/// An error at the edge, with everything that a person or a script needs.
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
    /// What happened, in stable `snake_case`, for scripts.
    pub code: &'static str,
    /// What happened, in one sentence, for people.
    pub message: String,
    /// What lies behind it, nearest first.
    pub causes: Vec<String>,
    /// What there is to do about it.
    pub hint: Option<String>,
    /// The particulars, for scripts.
    pub details: Box<Map<String, Value>>,
}

impl CliError {
    /// An error with an exit code and a code of its own.
    pub fn new(exit: u8, code: &'static str, message: impl Into<String>) -> Self {
        Self { exit, code, message: message.into(), causes: Vec::new(), hint: None, details: Box::default() }
    }

    fn of(exit: u8, message: impl Into<String>) -> Self {
        Self::new(exit, exit::name(exit), message)
    }

    /// It looked, and the answer is no (exit 1).
    pub fn no(message: impl Into<String>) -> Self {
        Self::of(exit::NO, message)
    }

    /// Wrong usage (exit 2).
    pub fn usage(message: impl Into<String>) -> Self {
        Self::of(exit::USAGE, message)
    }

    /// What was asked for does not exist (exit 3).
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::of(exit::NOT_FOUND, message)
    }

    /// Somebody else wrote first (exit 4).
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::of(exit::CONFLICT, message)
    }

    /// A rule of the domain said no (exit 5).
    pub fn rejected(message: impl Into<String>) -> Self {
        Self::of(exit::REJECTED, message)
    }

    /// Not now (exit 6).
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::of(exit::UNAVAILABLE, message)
    }

    /// Not for this user (exit 7).
    pub fn not_allowed(message: impl Into<String>) -> Self {
        Self::of(exit::NOT_ALLOWED, message)
    }

    /// What is stored contradicts itself (exit 8).
    pub fn integrity(message: impl Into<String>) -> Self {
        Self::of(exit::INTEGRITY, message)
    }

    /// This esctl cannot work with it (exit 9).
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::of(exit::UNSUPPORTED, message)
    }

    /// Nobody knows whether the write was applied (exit 10).
    pub fn outcome_unknown(message: impl Into<String>) -> Self {
        Self::of(exit::OUTCOME_UNKNOWN, message)
    }

    /// A batch was done in part (exit 11).
    pub fn partial(message: impl Into<String>) -> Self {
        Self::of(exit::PARTIAL, message)
    }

    /// A bug in esctl (exit 70).
    pub fn bug(message: impl Into<String>) -> Self {
        Self::of(exit::BUG, message)
    }

    /// Ctrl-C (exit 130).
    pub fn interrupted(message: impl Into<String>) -> Self {
        Self::of(exit::INTERRUPTED, message)
    }

    /// SIGTERM (exit 143).
    pub fn terminated(message: impl Into<String>) -> Self {
        Self::of(exit::TERMINATED, message)
    }

    /// Returns true for SIGINT and SIGTERM.
    pub fn is_signal(&self) -> bool {
        matches!(self.exit, exit::INTERRUPTED | exit::TERMINATED)
    }

    /// The reader of stdout has gone away: nothing is said, and the exit code is 0.
    pub fn closed_pipe() -> Self {
        Self::new(exit::DONE, CLOSED_PIPE, "the reader of stdout has gone away")
    }

    /// Whether this is the end of a pipe, of which nothing is said.
    pub fn is_closed_pipe(&self) -> bool {
        self.code == CLOSED_PIPE
    }

    /// A narrower code than the exit code's name.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// What there is to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The hint `did you mean …?`, where one of the candidates is near; else what was hinted before.
    #[must_use]
    pub fn did_you_mean<'a>(self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(word, candidates) {
            Some(near) => self.hint(format!("did you mean {near}?")),
            None => self,
        }
    }

    /// The argument it is about, named before the message.
    #[must_use]
    pub fn in_argument(mut self, argument: &str) -> Self {
        self.message = format!("{argument}: {}", self.message);
        self.with("argument", argument)
    }

    /// One particular, for scripts.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// What lies behind it: that error and its sources. A text that only repeats the one before is left out.
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
