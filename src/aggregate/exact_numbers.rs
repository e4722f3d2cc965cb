//! Numbers that a state cannot keep exactly. Events of esctl have none; those of other programs may.

use std::borrow::Cow;

use crate::event::survives_as_float;

/// Returns JSON in which a number that is no whole number of 64 bits and no float of the same value is `{"$number": "DIGITS"}`.
pub fn with_exact_numbers(json: &str) -> Cow<'_, str> {
    let (bytes, mut at, mut copied) = (json.as_bytes(), 0, 0);
    let mut exact = String::new();
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_text(bytes, at + 1),
            b'-' | b'0'..=b'9' => {
                let is_part = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
                let end = at + bytes[at..].iter().take_while(is_part).count();
                let number = &json[at..end];
                if !is_kept(number) {
                    exact.push_str(&json[copied..at]);
                    exact.push_str(&format!("{{\"$number\":\"{number}\"}}"));
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    exact.push_str(&json[copied..]);
    Cow::Owned(exact)
}

/// Returns true for a whole number of 64 bits, or one that keeps its value as a float.
fn is_kept(number: &str) -> bool {
    let is_short = number.len() <= 15 && !number.contains(['e', 'E']);
    is_short || number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() || survives_as_float(number)
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
    use super::with_exact_numbers;

    #[test]
    fn only_numbers_of_another_value_are_replaced() {
        for json in [
            r#"{"a":1,"b":[-2.5,1e3,9223372036854775807,18446744073709551615],"c":"é"}"#,
            r#"{"text":"123456789012345678901234567890 \" 1e999","n":1}"#,
            "100000000000000000000000000000",
            "null",
            "\"",
        ] {
            assert_eq!(with_exact_numbers(json), json);
        }
        assert_eq!(
            with_exact_numbers(r#"{"a":123456789012345678901234567890,"b":[1e-400, -9223372036854775809]}"#),
            r#"{"a":{"$number":"123456789012345678901234567890"},"b":[{"$number":"1e-400"}, {"$number":"-9223372036854775809"}]}"#
        );
    }
}
