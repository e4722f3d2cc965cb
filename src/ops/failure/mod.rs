//! What kind of failure an error is: a stable code, a message and a hint, the same at every front end.
//!
//! The command line turns the kind into an exit code, the server into a status.

mod kinds;

pub use kinds::CURSOR_BEYOND_END;

use std::error::Error;

use serde_json::Map;
use serde_json::Value;

use crate::ops::nearest;

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The request itself cannot be.
    Usage,
    /// What was asked for does not exist.
    NotFound,
    /// Somebody else wrote first.
    Conflict,
    /// A rule of the domain said no.
    Rejected,
    /// Not now.
    Unavailable,
    /// The database does not let this program do it.
    NotAllowed,
    /// What is stored contradicts itself.
    Integrity,
    /// This program cannot work with it.
    Unsupported,
    /// Nobody knows whether the write was applied.
    OutcomeUnknown,
    /// A mistake in this program.
    Bug,
}

impl FailureKind {
    /// Its name, which is also the code of a failure that has no narrower one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
            Self::Unavailable => "unavailable",
            Self::NotAllowed => "not_allowed",
            Self::Integrity => "integrity",
            Self::Unsupported => "unsupported",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Bug => "bug",
        }
    }
}

/// A failure, with everything that a person or a program needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What kind it is of.
    pub kind: FailureKind,
    /// What happened, in stable `snake_case`, for programs.
    pub code: &'static str,
    /// What happened, in one sentence, for people.
    pub message: String,
    /// What lies behind it, nearest first.
    pub causes: Vec<String>,
    /// What whoever asked can do about it.
    pub hint: Option<String>,
    /// What whoever operates the store can do about it, at the command line.
    pub operator_hint: Option<String>,
    /// The particulars, for programs.
    pub details: Map<String, Value>,
}

impl Failure {
    /// A failure of a kind, under the kind's own code.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, code: kind.name(), message, causes: Vec::new(), hint: None, operator_hint: None, details: Map::new() }
    }

    /// A narrower code than the kind's name.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// What whoever asked can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What whoever operates the store can do about it, at the command line.
    #[must_use]
    pub fn for_operators(mut self, hint: impl Into<String>) -> Self {
        self.operator_hint = Some(hint.into());
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

    /// One particular, for programs.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// What lies behind it: that error and its sources.
    #[must_use]
    pub fn caused_by(mut self, error: &dyn Error) -> Self {
        add_causes(&mut self.causes, &self.message, error);
        self
    }
}

/// Adds an error and its sources to what lies behind a message. A text that only repeats the one before is left out.
pub(crate) fn add_causes(causes: &mut Vec<String>, message: &str, error: &dyn Error) {
    let mut next = Some(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        let said = causes.last().map_or(message, String::as_str);
        if !text.is_empty() && !said.contains(&text) {
            causes.push(text);
        }
        next = cause.source();
    }
}

/// Returns an error with its causes, in one sentence.
pub(crate) fn in_full(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (**cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
