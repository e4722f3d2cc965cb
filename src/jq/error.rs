//! Errors of compiling and running programs.

use thiserror::Error;

use crate::jq::limit::Limit;

/// A program that does not compile, with the location.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {message}\n  {excerpt}\n  {}^", " ".repeat(self.column.saturating_sub(1)))]
pub struct SyntaxError {
    /// The description of the error.
    pub message: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The text of the line.
    pub excerpt: String,
}

impl SyntaxError {
    /// Returns the error on one line, without the excerpt.
    pub fn in_one_line(&self) -> String {
        format!("line {}, column {}: {}", self.line, self.column, self.message)
    }
}

/// The reason why a program gave no usable result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JqError {
    /// The program raised an error.
    #[error("jq program {program}: {message}")]
    Raised {
        /// The name of the program.
        program: String,
        /// The error, shortened if it is long.
        message: String,
    },
    /// The program was stopped.
    #[error("jq program {program} was stopped: {limit}")]
    Stopped {
        /// The name of the program.
        program: String,
        /// The limit that the program exceeded.
        limit: Limit,
    },
    /// The program did not give exactly one value.
    #[error("jq program {program} gave {found}, expected one value")]
    NotOne {
        /// The name of the program.
        program: String,
        /// The number of values: `no value` or `several values`.
        found: &'static str,
    },
    /// The program gave a result that is not JSON or too large.
    #[error("jq program {program}: the result {reason}")]
    Result {
        /// The name of the program.
        program: String,
        /// The reason, as the end of a sentence.
        reason: String,
    },
}

impl JqError {
    /// Returns the name of the program.
    pub fn program(&self) -> &str {
        match self {
            Self::Raised { program, .. }
            | Self::Stopped { program, .. }
            | Self::NotOne { program, .. }
            | Self::Result { program, .. } => program,
        }
    }
}

/// The reason why a program gave no usable result for an input that is read as far as it is used.
#[derive(Debug, Error)]
pub enum RunError {
    /// The input is not JSON.
    #[error(transparent)]
    Input(serde_json::Error),
    /// The program failed.
    #[error(transparent)]
    Program(#[from] JqError),
}
