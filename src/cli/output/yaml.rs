//! JSON text as YAML: block style, plain scalars where they are unambiguous, double quotes elsewhere.
//!
//! Not a YAML library, because a library leaves bidirectional controls as they are and changes the digits of numbers.

use std::fmt::Write;

use serde_json::value::RawValue;

use crate::cli::output::json_parts::JsonParts;
use crate::event::is_unsafe;

/// The words that some YAML reader does not read as a string.
const NOT_STRINGS: [&str; 11] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"];

/// Returns a value as a YAML document, with a newline at its end.
pub(crate) fn document(json: &str) -> Result<String, serde_json::Error> {
    let mut yaml = String::with_capacity(json.len() * 2);
    match JsonParts::of(json)? {
        JsonParts::Object(members) if !members.is_empty() => mapping(&mut yaml, &members, 0, false)?,
        JsonParts::Array(elements) if !elements.is_empty() => sequence(&mut yaml, &elements, 0, false)?,
        node => {
            scalar(&mut yaml, &node);
            yaml.push('\n');
        }
    }
    Ok(yaml)
}

/// Returns a value as an element of a sequence at the left margin: `- key: …`.
pub(crate) fn element(json: &str) -> Result<String, serde_json::Error> {
    let mut yaml = String::with_capacity(json.len() * 2);
    yaml.push('-');
    in_sequence(&mut yaml, json, 0)?;
    Ok(yaml)
}

/// Returns a text as a scalar.
pub(crate) fn text(value: &str) -> String {
    let mut yaml = String::with_capacity(value.len() + 2);
    quote(&mut yaml, value);
    yaml
}

fn mapping(yaml: &mut String, members: &[(String, &RawValue)], indent: usize, mut inline: bool) -> Result<(), serde_json::Error> {
    for (key, value) in members {
        // The first member of a mapping in a sequence follows the dash.
        if !std::mem::take(&mut inline) {
            yaml.extend(std::iter::repeat_n(' ', indent));
        }
        quote(yaml, key);
        yaml.push(':');
        match JsonParts::of(value.get())? {
            JsonParts::Object(members) if !members.is_empty() => {
                yaml.push('\n');
                mapping(yaml, &members, indent + 2, false)?;
            }
            JsonParts::Array(elements) if !elements.is_empty() => {
                yaml.push('\n');
                sequence(yaml, &elements, indent, false)?;
            }
            node => {
                yaml.push(' ');
                scalar(yaml, &node);
                yaml.push('\n');
            }
        }
    }
    Ok(())
}

fn sequence(yaml: &mut String, elements: &[&RawValue], indent: usize, mut inline: bool) -> Result<(), serde_json::Error> {
    for value in elements {
        if !std::mem::take(&mut inline) {
            yaml.extend(std::iter::repeat_n(' ', indent));
        }
        yaml.push('-');
        in_sequence(yaml, value.get(), indent)?;
    }
    Ok(())
}

fn in_sequence(yaml: &mut String, json: &str, indent: usize) -> Result<(), serde_json::Error> {
    yaml.push(' ');
    match JsonParts::of(json)? {
        JsonParts::Object(members) if !members.is_empty() => mapping(yaml, &members, indent + 2, true),
        JsonParts::Array(elements) if !elements.is_empty() => sequence(yaml, &elements, indent + 2, true),
        node => {
            scalar(yaml, &node);
            yaml.push('\n');
            Ok(())
        }
    }
}

fn scalar(yaml: &mut String, node: &JsonParts<'_>) {
    match node {
        JsonParts::Object(_) => yaml.push_str("{}"),
        JsonParts::Array(_) => yaml.push_str("[]"),
        JsonParts::Plain(text) => yaml.push_str(text),
        JsonParts::Text(text) => quote(yaml, text),
    }
}

/// Writes a text: plain if every YAML reader sees a string, else in double quotes.
fn quote(yaml: &mut String, text: &str) {
    let plain = text.starts_with(|c: char| c.is_alphabetic() && !is_unsafe(c) || c == '_' || c == '/')
        && text.chars().all(|c| (c.is_alphanumeric() && !is_unsafe(c)) || matches!(c, '_' | '.' | '/' | '@' | '-'))
        && !NOT_STRINGS.iter().any(|word| word.eq_ignore_ascii_case(text));
    if plain {
        yaml.push_str(text);
        return;
    }
    yaml.push('"');
    for c in text.chars() {
        // Writing into a String cannot fail.
        let _ = match c {
            '"' => write!(yaml, "\\\""),
            '\\' => write!(yaml, "\\\\"),
            '\n' => write!(yaml, "\\n"),
            '\t' => write!(yaml, "\\t"),
            '\r' => write!(yaml, "\\r"),
            // YAML has its own escape for these, without surrogates.
            c if is_unsafe(c) && u32::from(c) > 0xffff => write!(yaml, "\\U{:08x}", u32::from(c)),
            c if is_unsafe(c) => write!(yaml, "\\u{:04x}", u32::from(c)),
            c => write!(yaml, "{c}"),
        };
    }
    yaml.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::document;
    use super::element;

    #[test]
    fn yaml_reads_back_as_what_it_was() {
        let value = json!({
            "id": "gold", "amount": 12, "rate": 0.5, "none": null, "yes": "no", "empty": {}, "list": [],
            "nested": [{"a": 1, "b": [1, [2, "x y"], []]}, [], {}, "2025-12-03", "- x", "a: b", "", " ", "#", "1e3", "~"],
            "hostile": "a\u{1b}[2J\u{9b}\u{202e}\r\n\t\"\\\u{e0041}\u{feff}é金", "we ird: key": {"x": {"y": "0x1f"}},
        });
        let yaml = document(&value.to_string()).unwrap();
        assert!(!yaml.chars().any(|c| c != '\n' && crate::event::is_unsafe(c)), "{yaml}");
        assert_eq!(yaml_serde::from_str::<Value>(&yaml).unwrap(), value, "{yaml}");
    }

    #[test]
    fn order_and_digits_are_kept() {
        let yaml = document(r#"{"z":1.50,"a":[{"k":18446744073709551616,"j":{"i":"v"}}]}"#).unwrap();
        assert_eq!(yaml, "z: 1.50\na:\n- k: 18446744073709551616\n  j:\n    i: v\n");
        assert_eq!(element(r#"{"a":1,"b":["x"]}"#).unwrap(), "- a: 1\n  b:\n  - x\n");
        assert_eq!(document("[]").unwrap(), "[]\n");
    }
}
