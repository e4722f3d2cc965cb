//! JSON that is safe on a terminal: unsafe characters are escapes, which leave the value the same.

use std::io;
use std::io::Write;

use serde::Serialize;
use serde_json::ser::Formatter;

use crate::event::escape_unsafe;
use crate::event::is_unsafe;

/// Appends compact JSON without a newline to a buffer.
///
/// # Errors
/// The value does not serialize. What was appended by then stays.
pub(crate) fn write_json<T: Serialize + ?Sized>(buffer: &mut Vec<u8>, value: &T) -> Result<(), serde_json::Error> {
    value.serialize(&mut serde_json::Serializer::with_formatter(buffer, SafeFormatter))
}

/// Appends JSON text from outside to a buffer, made safe and on one line.
pub(crate) fn write_json_text(buffer: &mut Vec<u8>, text: &str) {
    if is_printable_ascii(text) {
        buffer.extend_from_slice(text.as_bytes());
        return;
    }
    let mut rest = text;
    while let Some(at) = rest.find(is_unsafe) {
        let (before, found) = rest.split_at(at);
        let width = found.chars().next().map_or(1, char::len_utf8);
        let (unsafe_one, after) = found.split_at(width);
        buffer.extend_from_slice(before.as_bytes());
        match unsafe_one {
            // In JSON these are white space between tokens, which one space replaces.
            "\n" | "\r" | "\t" => buffer.push(b' '),
            _ => buffer.extend_from_slice(escape_unsafe(unsafe_one).as_bytes()),
        }
        rest = after;
    }
    buffer.extend_from_slice(rest.as_bytes());
}

/// Returns true for printable ASCII. Has no branch for each byte, so that the compiler can vectorize it.
fn is_printable_ascii(text: &str) -> bool {
    !text.bytes().fold(false, |found, byte| found | !(0x20..0x7f).contains(&byte))
}

/// A compact formatter that escapes unsafe characters.
struct SafeFormatter;

impl Formatter for SafeFormatter {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // Characters below 0x20 are escaped already.
        if is_printable_ascii(fragment) {
            return writer.write_all(fragment.as_bytes());
        }
        writer.write_all(escape_unsafe(fragment).as_bytes())
    }

    fn write_raw_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if is_printable_ascii(fragment) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut safe = Vec::with_capacity(fragment.len() + 16);
        write_json_text(&mut safe, fragment);
        writer.write_all(&safe)
    }
}

/// Returns a value as compact, safe JSON.
pub(crate) fn json_of<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    let mut buffer = Vec::new();
    write_json(&mut buffer, value)?;
    String::from_utf8(buffer).map_err(serde::ser::Error::custom)
}

/// Returns compact JSON laid out over lines, two spaces a level, including raw fragments.
pub(crate) fn pretty(compact: &str) -> String {
    let mut text = String::with_capacity(compact.len() * 2);
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    let mut tokens = compact.chars().peekable();
    while let Some(c) = tokens.next() {
        if in_string {
            text.push(c);
            in_string = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            ' ' => {}
            '{' | '[' => {
                text.push(c);
                while tokens.next_if_eq(&' ').is_some() {}
                if let Some(close) = tokens.next_if(|&next| next == '}' || next == ']') {
                    text.push(close);
                } else {
                    depth += 1;
                    new_line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut text, depth);
                text.push(c);
            }
            ',' => {
                text.push(c);
                new_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            _ => {
                in_string = c == '"';
                text.push(c);
            }
        }
    }
    text
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;
    use serde_json::value::RawValue;

    use super::pretty;
    use super::write_json;
    use super::write_json_text;

    const HOSTILE: &str = "a\u{1b}[2J\u{9b}\u{202e}\r\u{1b}]8;;http://x\u{7}\u{7f}\u{e0041}\n\"é金";

    fn compact<T: serde::Serialize + ?Sized>(value: &T) -> String {
        let mut buffer = Vec::new();
        write_json(&mut buffer, value).unwrap();
        String::from_utf8(buffer).unwrap()
    }

    #[test]
    fn unsafe_characters_are_escaped_and_the_value_stays() {
        let value = json!({ HOSTILE: [HOSTILE, 1, null] });
        let text = compact(&value);
        assert!(!text.chars().any(crate::event::is_unsafe), "{text}");
        assert!(text.contains("\\u202e") && text.contains("\\udb40\\udc41") && text.contains("é金"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn raw_values_do_not_slip_past() {
        let raw = "{\n\"k\":\t\"\u{202e}\u{9b}\u{7f}é\"}\r";
        let text = compact(&RawValue::from_string(raw.trim_end().into()).unwrap());
        assert_eq!(text, "{ \"k\": \"\\u202e\\u009b\\u007fé\"}");
        let mut buffer = Vec::new();
        write_json_text(&mut buffer, raw);
        assert_eq!(serde_json::from_slice::<Value>(&buffer).unwrap(), serde_json::from_str::<Value>(raw).unwrap());
        assert!(!buffer.contains(&b'\n'));
    }

    #[test]
    fn the_layout_is_that_of_serde_json() {
        let value = json!({"a": [], "b": {}, "c": [1, {"d": "x\\\"{[,:\\"}], "e": [[]]});
        assert_eq!(pretty(&compact(&value)), serde_json::to_string_pretty(&value).unwrap());
        assert_eq!(pretty("{ \"a\" : [ ] }"), "{\n  \"a\": []\n}");
        assert_eq!(pretty("5"), "5");
    }
}
