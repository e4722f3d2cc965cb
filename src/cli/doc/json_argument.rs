//! JSON arguments: on the command line, on stdin or in a file.

use serde_json::Value;

use crate::cli::error::CliError;
use crate::cli::input::InputSource;
use crate::event::canonical_json;

/// The size limit of a JSON argument. The limit of a store is lower.
const MAX_BYTES: usize = 4 << 20;

/// Reads and parses a JSON argument; `what` names it in messages.
///
/// # Errors
/// The text is not JSON, or not every store can hold it (2). The file does not exist (3) or cannot be read (6 or 7).
pub(super) fn read_json(what: &str, source: &InputSource<'_>) -> Result<Value, CliError> {
    let text = source.read_text(MAX_BYTES)?;
    let canonical = canonical_json(&text).map_err(|error| CliError::from(error).in_argument(what))?;
    serde_json::from_str(&canonical).map_err(|error| CliError::usage(error.to_string()).code("bad_json").in_argument(what))
}
