//! Why a program cannot be compiled, or did not come to its end.

use thiserror::Error;

use crate::jq::limit::Limit;

/// A program that cannot be compiled, and the place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {message}\n  {excerpt}\n  {}^", " ".repeat(self.column.saturating_sub(1)))]
pub struct SyntaxError {
    /// What is wrong there.
    pub message: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
    /// That line.
    pub excerpt: String,
}

impl SyntaxError {
    /// The same on one line, without the excerpt.
    pub fn in_one_line(&self) -> String {
        format!("line {}, column {}: {}", self.line, self.column, self.message)
    }
}

/// Why a program did not come to its end, or to one that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JqError {
    /// The program raised an error.
    #[error("jq program {program}: {message}")]
    Raised {
        /// The name of the program.
        program: String,
        /// The error, cut where it is long.
        message: String,
    },
    /// It was stopped.
    #[error("jq program {program} was stopped: {limit}")]
    Stopped {
        /// The name of the program.
        program: String,
        /// What it ran into.
        limit: Limit,
    },
    /// It gave none or several values where one is wanted.
    #[error("jq program {program} gave {found} where one value is wanted")]
    NotOne {
        /// The name of the program.
        program: String,
        /// What it gave: `no value`, `several values`.
        found: &'static str,
    },
    /// It gave what is no JSON, or more of it than is taken.
    #[error("jq program {program}: the result {reason}")]
    Result {
        /// The name of the program.
        program: String,
        /// Why it is not taken.
        reason: String,
    },
}

impl JqError {
    /// The name of the program.
    pub fn program(&self) -> &str {
        match self {
            Self::Raised { program, .. }
            | Self::Stopped { program, .. }
            | Self::NotOne { program, .. }
            | Self::Result { program, .. } => program,
        }
    }
}
