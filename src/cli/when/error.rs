//! The error for an invalid time or duration, with the right form.

use thiserror::Error;

use crate::cli::error::CliError;
use crate::event::escape_unsafe;

/// The valid forms, as a hint.
pub(super) const FORMS: &str = "write it like 2025-12-03T16:46:43Z, '2025-12-03 16:46' (local time), 2025-12-03, \
                                'yesterday 16:46', 'monday 9:00', now, '10m ago' or @1764780403";
/// The range of times.
pub(super) const YEARS: &str = "supported range: 1970 to 9999";

/// The error for an invalid time or duration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}; {hint}")]
pub struct WhenError {
    message: String,
    hint: String,
    suggestions: Vec<String>,
}

impl WhenError {
    pub(crate) fn new(text: &str, reason: &str, hint: impl Into<String>) -> Self {
        Self { message: format!("'{}' {reason}", escape_unsafe(text)), hint: hint.into(), suggestions: Vec::new() }
    }

    /// Replaces the hint by suggestions. Each of them must be valid when it is typed.
    pub(super) fn suggest(self, suggestions: Vec<String>) -> Self {
        let quoted: Vec<String> = suggestions.iter().map(|text| quoted(text)).collect();
        Self { hint: format!("did you mean {}?", quoted.join(" or ")), suggestions, ..self }
    }

    /// Returns the suggestions of the hint.
    #[cfg(test)]
    pub(super) fn suggestions(&self) -> &[String] {
        &self.suggestions
    }
}

/// Returns a text as it is typed in a shell.
fn quoted(text: &str) -> String {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+:.@_/".contains(&b));
    if plain { text.to_owned() } else { format!("'{text}'") }
}

impl From<WhenError> for CliError {
    fn from(error: WhenError) -> Self {
        CliError::usage(error.message).code("bad_time").hint(error.hint)
    }
}
