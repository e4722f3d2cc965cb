//! Truncation of JSON values in messages.

use serde_json::Value;

/// Maximum number of characters.
const MAX_CHARS: usize = 60;

/// Returns the beginning of a value's JSON.
pub(super) fn truncate(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MAX_CHARS) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
