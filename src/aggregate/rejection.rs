//! Rejections of commands.

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use thiserror::Error;

/// A rule of the domain that refused a command: a stable code for programs, a message for people, details for both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Error)]
#[error("{message}")]
pub struct Rejection {
    /// The code, in stable `snake_case`: `resource_locked`.
    pub code: &'static str,
    /// The message, one sentence with the values.
    pub message: String,
    /// The values, for programs.
    pub details: Map<String, Value>,
}

impl Rejection {
    /// Returns a rejection without details.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: Map::new() }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }
}
