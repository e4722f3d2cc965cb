//! JSON that a person or a program hands in: on the command line, on stdin or in a file.

use serde_json::Value;

use crate::cli::error::CliError;
use crate::cli::input::Source;
use crate::event::canonical_json;

/// Most that is read of it: what a store takes is less.
const MAX_BYTES: usize = 4 << 20;

/// Reads it whole; `what` names the argument in messages.
///
/// # Errors
/// No JSON, or JSON that not every store can hold (2); a file that is not there (3) or cannot be read (6 or 7).
pub(super) fn read_json(what: &str, source: &Source<'_>) -> Result<Value, CliError> {
    let text = source.read_text(MAX_BYTES)?;
    let canonical = canonical_json(&text).map_err(|error| CliError::from(error).in_argument(what))?;
    serde_json::from_str(&canonical).map_err(|error| CliError::usage(error.to_string()).code("bad_json").in_argument(what))
}
