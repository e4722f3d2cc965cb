//! Values that a store of esctl cannot hold, and the objects that it holds in their place.
//!
//! - `{"$number": "…"}` has the digits of a number that does not fit: an integer beyond 64 bits, or one that changes as a double.
//! - `{"$text": "…"}` has a string with NUL or with half of a surrogate pair, written as in JSON.
//! - `{"$json": "…"}` has the JSON of any other value: an object with a repeated key, too deep a value, or an object that could be
//!   taken for one of these three.

use std::collections::HashSet;

use serde_json::value::RawValue;

use crate::event::exact_json::exact_json;
use crate::event::json::JsonError;
use crate::event::json::check_number;
use crate::event::json_members::JsonMembers;

const NUMBER: &str = "$number";
const TEXT: &str = "$text";
const JSON: &str = "$json";

/// The deepest nesting of a held value. The objects around it and in place of its parts need a few more.
const DEPTH: usize = 60;

/// Returns JSON in which each value that a store cannot hold is replaced. [`restored`] returns the same value again.
///
/// # Errors
/// The text is not JSON.
pub(super) fn held(json: &str) -> Result<String, JsonError> {
    let mut out = String::with_capacity(json.len() + 32);
    hold(json, DEPTH, &mut out)?;
    Ok(out)
}

fn hold(json: &str, depth: usize, out: &mut String) -> Result<(), JsonError> {
    let json = json.trim();
    match json.as_bytes().first() {
        Some(b'"') => match serde_json::from_str::<String>(json) {
            Ok(text) if !text.contains('\0') => out.push_str(json),
            _ => {
                let exact = exact_json(json)?;
                replace(TEXT, exact.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default(), out)?;
            }
        },
        Some(b'-' | b'0'..=b'9') => match check_number(json) {
            Ok(()) => out.push_str(json),
            Err(_) => replace(NUMBER, json, out)?,
        },
        Some(b'[' | b'{') if depth == 0 => replace(JSON, &exact_json(json)?, out)?,
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(json).map_err(no_json)?;
            out.push('[');
            for (number, item) in items.iter().enumerate() {
                out.push_str(if number > 0 { "," } else { "" });
                hold(item.get(), depth - 1, out)?;
            }
            out.push(']');
        }
        Some(b'{') => match serde_json::from_str::<JsonMembers<'_>>(json) {
            Ok(JsonMembers(members)) if are_plain(&members) => {
                out.push('{');
                for (number, (name, value)) in members.iter().enumerate() {
                    out.push_str(if number > 0 { "," } else { "" });
                    out.push_str(&serde_json::to_string(name).map_err(no_json)?);
                    out.push(':');
                    hold(value.get(), depth - 1, out)?;
                }
                out.push('}');
            }
            _ => replace(JSON, &exact_json(json)?, out)?,
        },
        _ => out.push_str(json),
    }
    Ok(())
}

/// Returns true for members that an object of a store can have, and that are not the one of a replaced value.
fn are_plain<V>(members: &[(std::borrow::Cow<'_, str>, V)]) -> bool {
    let is_replaced = matches!(members, [(name, _)] if [NUMBER, TEXT, JSON].contains(&&**name));
    let mut names = HashSet::with_capacity(members.len());
    !is_replaced && members.iter().all(|(name, _)| !name.contains('\0') && names.insert(&**name))
}

fn replace(kind: &str, text: &str, out: &mut String) -> Result<(), JsonError> {
    let text = serde_json::to_string(text).map_err(no_json)?;
    out.push_str(&format!("{{\"{kind}\":{text}}}"));
    Ok(())
}

/// Returns the JSON of which [`held`] made a text.
///
/// # Errors
/// The text is not JSON.
pub(super) fn restored(held: &str) -> Result<String, JsonError> {
    let mut out = String::with_capacity(held.len());
    restore(held, &mut out)?;
    Ok(out)
}

fn restore(held: &str, out: &mut String) -> Result<(), JsonError> {
    let held = held.trim();
    match held.as_bytes().first() {
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(held).map_err(no_json)?;
            out.push('[');
            for (number, item) in items.iter().enumerate() {
                out.push_str(if number > 0 { "," } else { "" });
                restore(item.get(), out)?;
            }
            out.push(']');
        }
        Some(b'{') => {
            let JsonMembers(members) = serde_json::from_str(held).map_err(no_json)?;
            if let [(name, value)] = members.as_slice()
                && let Ok(text) = serde_json::from_str::<String>(value.get())
            {
                match &**name {
                    NUMBER | JSON => {
                        out.push_str(&text);
                        return Ok(());
                    }
                    TEXT => {
                        out.push_str(&format!("\"{text}\""));
                        return Ok(());
                    }
                    _ => {}
                }
            }
            out.push('{');
            for (number, (name, value)) in members.iter().enumerate() {
                out.push_str(if number > 0 { "," } else { "" });
                out.push_str(&serde_json::to_string(name).map_err(no_json)?);
                out.push(':');
                restore(value.get(), out)?;
            }
            out.push('}');
        }
        _ => out.push_str(held),
    }
    Ok(())
}

#[allow(clippy::needless_pass_by_value, reason = "map_err passes it by value")]
pub(super) fn no_json(error: serde_json::Error) -> JsonError {
    JsonError::new(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::held;
    use super::restored;
    use crate::event::JsonObject;
    use crate::event::exact_json;

    #[test]
    fn what_cannot_be_held_is_replaced_and_comes_back() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(70), "]".repeat(70));
        let inner = format!("{}1{}", "[".repeat(11), "]".repeat(11));
        let deepest = format!("{{\"a\":{}{{\"$json\":\"{inner}\"}}{}}}", "[".repeat(59), "]".repeat(59));
        for (json, expected) in [
            (r#"{"a": 1.50, "b": ["é", null]}"#, r#"{"a":1.50,"b":["é",null]}"#),
            (r#"{"n":123456789012345678901234567890}"#, r#"{"n":{"$number":"123456789012345678901234567890"}}"#),
            (r#"{"n":[1e400,-1E-400]}"#, r#"{"n":[{"$number":"1e400"},{"$number":"-1E-400"}]}"#),
            (r#"{"t":"a\u0000\"\ud800"}"#, r#"{"t":{"$text":"a\\u0000\\\"\\ud800"}}"#),
            (r#"{"a":{"x":1,"x":2}}"#, r#"{"a":{"$json":"{\"x\":1,\"x\":2}"}}"#),
            (r#"{"a":{"\u0000":1}}"#, r#"{"a":{"$json":"{\"\\u0000\":1}"}}"#),
            (r#"{"a":{"$number":"7"},"b":1e999}"#, r#"{"a":{"$json":"{\"$number\":\"7\"}"},"b":{"$number":"1e999"}}"#),
            (&deep, &deepest),
        ] {
            let found = held(json).unwrap();
            assert_eq!(found, expected);
            assert!(JsonObject::parse(&found).is_ok(), "{found}");
            assert_eq!(exact_json(&restored(&found).unwrap()).unwrap(), exact_json(json).unwrap());
        }
    }
}
