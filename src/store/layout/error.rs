//! The error of a layout file.

use thiserror::Error;

/// A mistake in a layout, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct LayoutError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The mistake.
    pub message: String,
    /// The misspelled word, or an empty text.
    pub word: String,
    /// The words that are possible in its place.
    pub candidates: Vec<String>,
}
