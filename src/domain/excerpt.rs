//! A value in a message, however large it is.

use serde_json::Value;

/// Characters of a value that a message shows.
const SHOWN: usize = 60;

/// The beginning of a value's JSON.
pub(super) fn excerpt(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
