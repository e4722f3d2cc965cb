//! The substitute for values in a build without jq: plain JSON.

use serde_json::Value;

/// A value of a program.
pub type JqValue = Value;

/// Maximum depth of a value.
pub const MAX_DEPTH: usize = 100;

/// Reads a value from a JSON text.
///
/// # Errors
/// The text is not JSON.
pub fn from_text(json: &str) -> Result<JqValue, serde_json::Error> {
    serde_json::from_str(json)
}

/// Returns the value of JSON.
///
/// # Errors
/// None in this build.
pub fn from_json(json: &Value) -> Result<JqValue, serde_json::Error> {
    Ok(json.clone())
}

/// Returns a string.
pub fn text(text: impl Into<String>) -> JqValue {
    Value::String(text.into())
}

/// Returns a whole number.
pub fn integer(number: u64) -> JqValue {
    Value::from(number)
}

/// Returns an object.
pub fn object(members: impl IntoIterator<Item = (&'static str, JqValue)>) -> JqValue {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Returns true for an object.
pub fn is_object(value: &JqValue) -> bool {
    value.is_object()
}

/// Returns the value as JSON.
pub fn to_json(value: &JqValue) -> Value {
    value.clone()
}

/// Returns the value as JSON text.
///
/// # Errors
/// The text cannot be written.
pub fn to_text(value: &JqValue) -> Result<String, serde_json::Error> {
    serde_json::to_string(value)
}
