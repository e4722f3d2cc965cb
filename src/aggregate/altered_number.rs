//! Numbers that a state cannot keep exactly. Events of esctl have none; those of other programs may.

use crate::event::survives_as_float;

/// Returns the first number of a JSON text that is no whole number of 64 bits and no float of the same value.
pub(super) fn altered_number(json: &str) -> Option<&str> {
    let bytes = json.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_text(bytes, at + 1),
            b'-' | b'0'..=b'9' => {
                let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
                let length = bytes[at..].iter().take_while(|byte| is_part(byte)).count();
                let number = &json[at..at + length];
                let is_kept = number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() || survives_as_float(number);
                if !is_kept {
                    return Some(number);
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    None
}

/// Returns the place after the end of a text.
fn end_of_text(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

#[cfg(test)]
mod tests {
    use super::altered_number;

    #[test]
    fn only_numbers_of_another_value_are_found() {
        for (json, expected) in [
            (r#"{"a":1,"b":[-2.5,1e3,9223372036854775807,18446744073709551615],"c":"é"}"#, None),
            (r#"{"text":"123456789012345678901234567890 \" 1e999","n":1}"#, None),
            (r#"{"a":123456789012345678901234567890}"#, Some("123456789012345678901234567890")),
            ("[1,-9223372036854775809]", Some("-9223372036854775809")),
            ("1e-400", Some("1e-400")),
            ("100000000000000000000000000000", None),
            ("null", None),
            ("\"", None),
        ] {
            assert_eq!(altered_number(json), expected, "{json}");
        }
    }
}
