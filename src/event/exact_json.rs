//! Canonical JSON for digests: one text for one value, whatever its spelling, size and depth.
//!
//! Unlike [`canonical_json`](crate::event::canonical_json) it takes every JSON text: numbers of any size, NUL, halves of surrogate
//! pairs, repeated keys, and any depth.
//!
//! - There is no white space. Members are in the order of the bytes of their keys, as they are written here; those with the same
//!   key stay in their order.
//! - Characters are written as themselves. `"` and `\` have a backslash before them; the controls below U+0020 are `\b`, `\f`,
//!   `\n`, `\r`, `\t`, or `\u00xx`; a half of a surrogate pair is `\udxxx`, in lower case.
//! - A number is its decimal value: the digits without zeros at either end, then `e` and the power of ten unless that is 0. `1`,
//!   `1.0` and `10e-1` are `1`; `1.50` is `15e-1`, `1000` is `1e3`, and -0 is `0`.

use std::ops::Range;

use crate::event::decimal::exact_number;
use crate::event::json::JsonError;

/// Brings a JSON text into the canonical form for digests.
///
/// # Errors
/// The text is not JSON.
///
/// ```
/// use esctl::event::exact_json;
/// assert_eq!(exact_json(r#"{ "b": [1, 1.0, 1e0], "a": "\u00e9" }"#).unwrap(), r#"{"a":"é","b":[1,1,1]}"#);
/// ```
pub fn exact_json(text: &str) -> Result<String, JsonError> {
    let mut reader = Reader { text, at: 0, out: String::with_capacity(text.len()), open: Vec::new() };
    loop {
        reader.value()?;
        if reader.after_value()? {
            return Ok(reader.out);
        }
    }
}

/// An array or object that has not ended yet.
enum Open {
    Array,
    Object(OpenObject),
}

struct OpenObject {
    /// The place in the output after the bracket.
    start: usize,
    members: Vec<Member>,
    /// The key of the member that is being read.
    key: Range<usize>,
}

/// A member in the output: its key without the quotes, and the whole of it.
struct Member {
    key: Range<usize>,
    all: Range<usize>,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    out: String,
    open: Vec<Open>,
}

impl Reader<'_> {
    fn wrong<T>(&self, expected: &str) -> Result<T, JsonError> {
        Err(JsonError::new(format!("expected {expected} at byte {}", self.at)))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Returns the next byte that is no white space.
    fn next(&mut self) -> Option<u8> {
        while self.peek().is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.peek()
    }

    /// Passes a byte, and writes it.
    fn write(&mut self, byte: u8) {
        self.at += 1;
        self.out.push(char::from(byte));
    }

    /// Reads a value, or the beginning of an array or object up to its first value.
    fn value(&mut self) -> Result<(), JsonError> {
        loop {
            match self.next() {
                Some(b'[') => {
                    self.write(b'[');
                    if self.next() == Some(b']') {
                        self.write(b']');
                        return Ok(());
                    }
                    self.open.push(Open::Array);
                }
                Some(b'{') => {
                    self.write(b'{');
                    if self.next() == Some(b'}') {
                        self.write(b'}');
                        return Ok(());
                    }
                    let (start, members) = (self.out.len(), Vec::new());
                    let key = self.key()?;
                    self.open.push(Open::Object(OpenObject { start, members, key }));
                }
                Some(b'"') => return self.string(),
                Some(b'-' | b'0'..=b'9') => return self.number(),
                _ => return self.word(),
            }
        }
    }

    /// Ends the arrays and objects after a value. Returns true at the end of the text.
    fn after_value(&mut self) -> Result<bool, JsonError> {
        loop {
            let next = self.next();
            match (self.open.pop(), next) {
                (None, None) => return Ok(true),
                (None, Some(_)) => return self.wrong("the end of the text"),
                (Some(Open::Array), Some(b',')) => {
                    self.write(b',');
                    self.open.push(Open::Array);
                    return Ok(false);
                }
                (Some(Open::Array), Some(b']')) => self.write(b']'),
                (Some(Open::Object(mut object)), Some(byte @ (b',' | b'}'))) => {
                    let all = object.key.start - 1..self.out.len();
                    object.members.push(Member { key: object.key.clone(), all });
                    if byte == b',' {
                        self.write(b',');
                        object.key = self.key()?;
                        self.open.push(Open::Object(object));
                        return Ok(false);
                    }
                    self.sort(object.start, object.members);
                    self.write(b'}');
                }
                (Some(_), _) => return self.wrong("a comma or a closing bracket"),
            }
        }
    }

    /// Reads a key and the colon after it. Returns the place of the key in the output, without the quotes.
    fn key(&mut self) -> Result<Range<usize>, JsonError> {
        if self.next() != Some(b'"') {
            return self.wrong("a key");
        }
        let start = self.out.len() + 1;
        self.string()?;
        let key = start..self.out.len() - 1;
        if self.next() != Some(b':') {
            return self.wrong("a colon");
        }
        self.write(b':');
        Ok(key)
    }

    fn sort(&mut self, start: usize, mut members: Vec<Member>) {
        let key = |member: &Member| &self.out.as_bytes()[member.key.clone()];
        if members.is_sorted_by(|a, b| key(a) <= key(b)) {
            return;
        }
        members.sort_by(|a, b| key(a).cmp(key(b)));
        let sorted: Vec<&str> = members.iter().map(|member| &self.out[member.all.clone()]).collect();
        let sorted = sorted.join(",");
        self.out.truncate(start);
        self.out.push_str(&sorted);
    }

    fn number(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) {
            self.at += 1;
        }
        self.out.push_str(&exact_number(&self.text[start..self.at]));
        Ok(())
    }

    fn word(&mut self) -> Result<(), JsonError> {
        let rest = &self.text[self.at..];
        let Some(word) = ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word)) else {
            return self.wrong("a value");
        };
        self.out.push_str(word);
        self.at += word.len();
        Ok(())
    }

    fn string(&mut self) -> Result<(), JsonError> {
        self.write(b'"');
        loop {
            let start = self.at;
            while self.peek().is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)) {
                self.at += 1;
            }
            self.out.push_str(&self.text[start..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.write(b'"');
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(control) => {
                    self.at += 1;
                    self.character(char::from(control));
                }
                None => return self.wrong("the end of a string"),
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        let Some(kind) = self.peek() else { return self.wrong("an escape") };
        self.at += 1;
        let c = match kind {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'"' | b'\\' | b'/' => char::from(kind),
            b'u' => return self.code_unit(),
            _ => return self.wrong("an escape"),
        };
        self.character(c);
        Ok(())
    }

    /// Reads the four digits of an escape, and those of the other half of a surrogate pair.
    fn code_unit(&mut self) -> Result<(), JsonError> {
        let Some(unit) = self.digits(self.at) else { return self.wrong("four hexadecimal digits") };
        self.at += 4;
        let rest = &self.text.as_bytes()[self.at..];
        let other = if rest.starts_with(b"\\u") { self.digits(self.at + 2) } else { None };
        if let Some(other) = other
            && let Some(Ok(c)) = char::decode_utf16([unit, other]).next()
            && c > '\u{ffff}'
        {
            self.at += 6;
            self.out.push(c);
            return Ok(());
        }
        match char::from_u32(unit.into()) {
            Some(c) => self.character(c),
            None => self.out.push_str(&format!("\\u{unit:04x}")),
        }
        Ok(())
    }

    fn digits(&self, at: usize) -> Option<u16> {
        let digits = self.text.get(at..at + 4)?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
    }

    /// Writes a character of a string.
    fn character(&mut self, c: char) {
        match c {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\u{8}' => self.out.push_str("\\b"),
            '\u{c}' => self.out.push_str("\\f"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            c if c < ' ' => self.out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => self.out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::Strategy;
    use proptest::prelude::any;
    use proptest::prop_assert_eq;
    use proptest::proptest;

    use super::exact_json;

    #[test]
    fn one_value_has_one_text() {
        for (text, exact) in [
            ("[1, 1.0, 10e-1, 0.1e+1, 1E0]", "[1,1,1,1,1]"),
            ("[0, -0, 0.0, -0.0e7, 0e99999999999999999999]", "[0,0,0,0,0]"),
            ("[1000, 1e3, 1.50, -1.5, 123456789012345678901234567890]", "[1e3,1e3,15e-1,-15e-1,12345678901234567890123456789e1]"),
            (r#"{ "b" : {} , "a" : [ ] , "a!" : null, "a" : 2 }"#, r#"{"a":[],"a":2,"a!":null,"b":{}}"#),
            (r#"["\u00e9\/\u0041\"\\\u0022\u005c\u0000\u001f\u000a\t\b\f\r"]"#, r#"["é/A\"\\\"\\\u0000\u001f\n\t\b\f\r"]"#),
            (r#"["\ud83d\ude00", "\uD800", "\udc00\ud800", "\ud800\u0041"]"#, r#"["😀","\ud800","\udc00\ud800","\ud800A"]"#),
            ("  true ", "true"),
        ] {
            assert_eq!(exact_json(text).unwrap(), exact, "{text}");
            assert_eq!(exact_json(exact).unwrap(), exact, "{text}");
        }
    }

    #[test]
    fn any_depth_is_read_and_other_text_is_refused() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(exact_json(&deep).unwrap(), deep);
        for bad in ["", "[", "[1,]", "{\"a\"}", "{a:1}", "\"", "\"\\u12\"", "\"\\x\"", "tru", "1 2", "[1}", "{\"a\":1]"] {
            assert!(exact_json(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,64}") {
            let _ = exact_json(&text);
        }

        #[test]
        fn the_spelling_of_a_float_does_not_matter(float in any::<f64>().prop_filter("finite", |float| float.is_finite())) {
            let exact = exact_json(&format!("{float:e}")).unwrap();
            prop_assert_eq!(&exact, &exact_json(&format!("{float}")).unwrap());
            prop_assert_eq!(&exact, &exact_json(&serde_json::to_string(&float).unwrap()).unwrap());
        }
    }
}
