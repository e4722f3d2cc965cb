//! Failures: the kind, stable code, message and hints of an error, the same for every front end.
//!
//! Each front end adds its own verdict: the command line turns the kind into an exit code, the server into a status.

mod kinds;

pub use kinds::CURSOR_BEYOND_END;

use std::error::Error;

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::ops::nearest;

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// A check found a problem.
    CheckFailed,
    /// The request is not valid.
    Usage,
    /// The requested thing does not exist.
    NotFound,
    /// The stream was modified concurrently.
    Conflict,
    /// A rule of the domain refused the command.
    Rejected,
    /// The store is unavailable at the moment.
    Unavailable,
    /// The database does not permit the operation.
    NotAllowed,
    /// Stored data is damaged.
    Integrity,
    /// This program does not support the store or the data.
    Unsupported,
    /// The write may or may not have been applied.
    OutcomeUnknown,
    /// A batch was applied in part.
    Partial,
    /// A bug in this program.
    Bug,
    /// An operator interrupted the program.
    Interrupted,
    /// The system ended the program.
    Terminated,
    /// The reader of the answer is gone.
    ReaderGone,
}

impl FailureKind {
    /// Returns the name, which is also the code of a failure without a more specific one.
    pub fn name(self) -> &'static str {
        match self {
            Self::CheckFailed => "no",
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
            Self::Unavailable => "unavailable",
            Self::NotAllowed => "not_allowed",
            Self::Integrity => "integrity",
            Self::Unsupported => "unsupported",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Partial => "partial",
            Self::Bug => "bug",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
            Self::ReaderGone => "closed_pipe",
        }
    }
}

/// A failure, with its details for people and programs.
///
/// Serialized it has the fields that any client may see: neither the causes nor the advice for operators.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "server", schema(as = ErrorDetail, description = "An error as the client gets it."))]
pub struct Failure {
    /// The kind of the failure.
    #[serde(skip)]
    pub kind: FailureKind,
    /// The stable code, in snake_case.
    #[cfg_attr(feature = "server", schema(value_type = String, example = "resource_locked"))]
    pub code: &'static str,
    /// The message: one sentence for people.
    pub message: String,
    /// The errors behind the failure, nearest first.
    #[serde(skip)]
    pub causes: Vec<String>,
    /// The hint: what to do about the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The hint for operators, with commands of the command line.
    #[serde(skip)]
    pub operator_hint: Option<String>,
    /// The values behind the message, for programs.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub details: Map<String, Value>,
}

impl Failure {
    /// Returns a failure with the code of its kind.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, code: kind.name(), message, causes: Vec::new(), hint: None, operator_hint: None, details: Map::new() }
    }

    /// Sets a more specific code.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// Sets the advice for any caller.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the advice for operators, with commands of the command line.
    #[must_use]
    pub fn for_operators(mut self, hint: impl Into<String>) -> Self {
        self.operator_hint = Some(hint.into());
        self
    }

    /// Sets the hint `did you mean …?` if a candidate is similar. Otherwise the hint stays.
    #[must_use]
    pub fn did_you_mean<'a>(self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(word, candidates) {
            Some(near) => self.hint(format!("did you mean {near}?")),
            None => self,
        }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// Adds an error and its sources to the causes.
    #[must_use]
    pub fn caused_by(mut self, error: &dyn Error) -> Self {
        add_causes(&mut self.causes, &self.message, error);
        self
    }
}

/// Adds an error and its sources to the causes of a message. A text that repeats the one before is left out.
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

/// Returns an error with its causes as one text.
pub(crate) fn in_full(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (**cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
