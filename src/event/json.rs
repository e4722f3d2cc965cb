//! Canonical JSON: one text for one value, the same in every backend.
//!
//! Object keys are in the order of their code points. There is no white space; escapes and numbers are the shortest; -0 is
//! 0.
//!
//! Values that some backend cannot store are refused: a NUL in a string, an integer beyond 64 signed bits, a number that
//! changes as a double, a repeated key, and nesting deeper than [`MAX_DEPTH`].

use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;

use serde::Serialize;
use serde::Serializer;
use serde::de::DeserializeSeed;
use serde::de::Deserializer;
use serde::de::Error as _;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use thiserror::Error;

use crate::event::decimal::survives_as_float;

/// The deepest nesting of arrays and objects.
pub const MAX_DEPTH: usize = 64;

/// The reason why a text is not JSON that every backend can store, with line and column.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}{}", hint.map_or_else(String::new, |hint| format!("; {hint}")))]
pub struct JsonError {
    message: String,
    hint: Option<&'static str>,
}

impl JsonError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// Returns the error without its hint.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the advice, if there is any.
    pub fn hint(&self) -> Option<&'static str> {
        self.hint
    }
}

/// A JSON object in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JsonObject(String);

impl JsonObject {
    /// Reads a JSON object and brings it into canonical form.
    ///
    /// # Errors
    /// The text is not JSON, not an object, or has a value that some backend cannot store.
    ///
    /// ```
    /// use esctl::event::JsonObject;
    /// let object = JsonObject::parse(r#"{ "b": -0, "a": "\u0041" }"#).unwrap();
    /// assert_eq!(object.as_str(), r#"{"a":"A","b":0}"#);
    /// assert!(JsonObject::parse("[]").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        let canonical = canonical_json(text)?;
        if !canonical.starts_with('{') {
            return Err(JsonError::new(format!("expected a JSON object like {{\"key\":1}}, found {}", kind_of(&canonical))));
        }
        Ok(Self(canonical))
    }

    /// Returns the canonical form of a serialised value.
    ///
    /// # Errors
    /// The value is not an object, or has a part that some backend cannot store.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, JsonError> {
        let text = serde_json::to_string(value).map_err(|error| JsonError::new(error.to_string()))?;
        Self::parse(&text)
    }

    /// Returns the object without members.
    pub fn empty() -> Self {
        Self("{}".into())
    }

    /// Returns the canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for JsonObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error;
        let raw: &serde_json::value::RawValue = serde_json::from_str(&self.0).map_err(S::Error::custom)?;
        raw.serialize(serializer)
    }
}

fn kind_of(canonical: &str) -> &'static str {
    match canonical.as_bytes().first() {
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// Brings a JSON text into canonical form.
///
/// # Errors
/// The text is not JSON, or has a value that some backend cannot store.
pub fn canonical_json(text: &str) -> Result<String, JsonError> {
    check_numbers(text)?;
    let mut out = Vec::with_capacity(text.len());
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let wanted = Canonical { out: &mut out, depth: 0 };
    wanted.deserialize(&mut deserializer).map_err(|error| JsonError::new(error.to_string()))?;
    deserializer.end().map_err(|error| JsonError::new(error.to_string()))?;
    // Only whole `str`s and ASCII were written.
    String::from_utf8(out).map_err(|error| JsonError::new(error.to_string()))
}

/// Checks that each number in a JSON text keeps its value. A parser silently replaces it with the nearest float.
///
/// # Errors
/// The first number that changes, with its line and column.
pub fn check_numbers(text: &str) -> Result<(), JsonError> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b'-' | b'0'..=b'9' => {
                let start = at;
                at += 1;
                while at < bytes.len() && matches!(bytes[at], b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-') {
                    at += 1;
                }
                check_number(&text[start..at]).map_err(|reason| {
                    let line = bytes[..start].iter().filter(|b| **b == b'\n').count() + 1;
                    let column = bytes[..start].iter().rev().take_while(|b| **b != b'\n').count() + 1;
                    JsonError { message: format!("{reason} at line {line} column {column}"), hint: Some(AS_A_STRING) }
                })?;
            }
            _ => at += 1,
        }
    }
    Ok(())
}

/// The hint for a number that changes.
const AS_A_STRING: &str = "write it as a string";
/// The longest number that is shown in full.
const SHOWN_DIGITS: usize = 60;

/// Checks that a number keeps its decimal value.
///
/// # Errors
/// The reason, as the start of a message.
pub fn check_number(number: &str) -> Result<(), String> {
    let shown = || number.get(..SHOWN_DIGITS).map_or_else(|| number.to_owned(), |start| format!("{start}…"));
    if number.bytes().any(|b| matches!(b, b'.' | b'e' | b'E')) {
        // The parser refuses a text that is not a number.
        let kept: f64 = number.parse().unwrap_or_default();
        if !kept.is_finite() {
            return Err(format!("number out of range: {}", shown()));
        }
        if is_number(number) && !survives_as_float(number) {
            let kept = serde_json::Number::from_f64(kept).map_or_else(String::new, |kept| kept.to_string());
            return Err(format!("number {} would be recorded as {kept}", shown()));
        }
    } else if number.len() > 18 && is_number(number) && number.parse::<i64>().is_err() {
        // 18 digits always fit.
        return Err(format!("integer out of range ({} to {}): {}", i64::MIN, i64::MAX, shown()));
    }
    Ok(())
}

/// Returns true for a number in the grammar of JSON.
fn is_number(text: &str) -> bool {
    serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok()
}

/// A writer of the canonical form of the JSON that is read. It builds no tree.
struct Canonical<'o> {
    out: &'o mut Vec<u8>,
    depth: usize,
}

/// A member of an object in the output: the range of its key with the quotes, and the range of the whole member.
struct Member {
    key: Range<usize>,
    all: Range<usize>,
}

impl Canonical<'_> {
    fn scalar<T: Serialize + ?Sized, E: serde::de::Error>(self, value: &T) -> Result<(), E> {
        serde_json::to_writer(self.out, value).map_err(E::custom)
    }

    fn deeper<E: serde::de::Error>(&self) -> Result<usize, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH}")));
        }
        Ok(self.depth + 1)
    }
}

impl<'de> DeserializeSeed<'de> for Canonical<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Canonical<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.scalar(&value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.scalar(&value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.scalar(&value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        if !value.is_finite() {
            return Err(E::custom("number out of range"));
        }
        if value == 0.0 && value.is_sign_negative() {
            return self.scalar(&0);
        }
        self.scalar(&value)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        if value.as_bytes().contains(&0) {
            return Err(E::custom("a string holds NUL (\\u0000), which not every database can keep"));
        }
        self.scalar(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        let open = self.out.len();
        self.out.push(b'[');
        while items.next_element_seed(Canonical { out: self.out, depth })?.is_some() {
            self.out.push(b',');
        }
        close(self.out, open, b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        let open = self.out.len();
        self.out.push(b'{');
        let mut members: Vec<Member> = Vec::new();
        let mut sorted = true;
        loop {
            let start = self.out.len();
            if map.next_key_seed(Canonical { out: self.out, depth })?.is_none() {
                break;
            }
            let key = start..self.out.len();
            self.out.push(b':');
            map.next_value_seed(Canonical { out: self.out, depth })?;
            if let Some(last) = members.last() {
                sorted &= compare_keys(&self.out[last.key.clone()], &self.out[key.clone()]) == Ordering::Less;
            }
            members.push(Member { key, all: start..self.out.len() });
            self.out.push(b',');
        }
        if !sorted {
            sort_members(self.out, open + 1, &mut members).map_err(A::Error::custom)?;
        }
        close(self.out, open, b'}');
        Ok(())
    }
}

/// Ends an array or object: the comma after its last element becomes the bracket.
fn close(out: &mut Vec<u8>, open: usize, bracket: u8) {
    if out.len() > open + 1 {
        out.pop();
    }
    out.push(bracket);
}

/// Compares two keys, given with quotes and escapes, by their code points.
fn compare_keys(a: &[u8], b: &[u8]) -> Ordering {
    if a.contains(&b'\\') || b.contains(&b'\\') {
        // Escapes sort differently from the characters they represent. Such keys are rare.
        let plain = |key: &[u8]| serde_json::from_slice::<String>(key).unwrap_or_default();
        return plain(a).cmp(&plain(b));
    }
    // Without the closing quote, which would sort "a" after "a!".
    a[..a.len() - 1].cmp(&b[..b.len() - 1])
}

fn sort_members(out: &mut Vec<u8>, start: usize, members: &mut [Member]) -> Result<(), String> {
    members.sort_by(|a, b| compare_keys(&out[a.key.clone()], &out[b.key.clone()]));
    let twice = members.windows(2).find(|pair| out[pair[0].key.clone()] == out[pair[1].key.clone()]);
    if let Some(pair) = twice {
        return Err(format!("key {} appears twice", String::from_utf8_lossy(&out[pair[0].key.clone()])));
    }
    let unsorted = out[start..].to_vec();
    out.truncate(start);
    for member in members {
        out.extend_from_slice(&unsorted[member.all.start - start..member.all.end - start]);
        out.push(b',');
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::Just;
    use proptest::prelude::Strategy;
    use proptest::prelude::any;
    use proptest::prelude::prop;
    use proptest::prop_assert_eq;
    use proptest::prop_oneof;
    use proptest::proptest;

    use super::JsonObject;
    use super::canonical_json;

    #[test]
    fn one_meaning_has_one_text() {
        let cases = [
            (r#" { "b" : 1 , "a" : [ ] , "ab":{}, "a!":null } "#, r#"{"a":[],"a!":null,"ab":{},"b":1}"#),
            ("[0.1,1.10,1e2,5e-324,1e21,0.30000000000000004]", "[0.1,1.1,100.0,5e-324,1e+21,0.30000000000000004]"),
            (r#"{"x":-0,"y":-0.0,"z":1.50,"e":1E3}"#, r#"{"e":1000.0,"x":0,"y":0,"z":1.5}"#),
            (r#"{"\u00e9":"\u00e9\/\n"}"#, "{\"é\":\"é/\\n\"}"),
            (r#"{"\n":1,"\"":2,"!":3,"a":[{"d":1,"c":2}]}"#, r#"{"\n":1,"!":3,"\"":2,"a":[{"c":2,"d":1}]}"#),
            ("[9223372036854775807,-9223372036854775808]", "[9223372036854775807,-9223372036854775808]"),
        ];
        for (text, canonical) in cases {
            assert_eq!(canonical_json(text).unwrap(), canonical);
        }
    }

    #[test]
    fn what_some_backend_cannot_hold_is_refused_with_its_place() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(64), "]".repeat(64));
        let cases = [
            ("{\"a\":\n 18446744073709551616}", "line 2 column 2"),
            ("{\"a\":9223372036854775808}", "line 1 column 6"),
            ("{\"a\":-9223372036854775809}", "out of range"),
            ("{\"a\":NaN}", "line 1"),
            ("{\"a\":1e400}", "number out of range: 1e400 at line 1 column 6; write it as a string"),
            ("{\"a\":1e-400}", "number 1e-400 would be recorded as 0.0 at line 1 column 6; write it as a string"),
            (
                "[1.10, 12345678901234567.89]",
                "12345678901234567.89 would be recorded as 1.2345678901234568e+16 at line 1 column 8",
            ),
            (
                "{\"a\":295147905179352830000}",
                "9223372036854775807): 295147905179352830000 at line 1 column 6; write it as a string",
            ),
            ("{\"a\":0.1e}", "line 1"),
            ("{\"a\":01e5}", "line 1"),
            ("{\"a\":1,\"b\":2,\"a\":3}", "key \"a\" appears twice"),
            ("{\"a\":1,\"\\u0061\":3}", "appears twice"),
            ("{\"a\":\"\\ud800\"}", "line 1"),
            ("{\"a\":\"\\u0000\"}", "NUL"),
            ("{\"\\u0000\":1}", "NUL"),
            ("{\"a\":1} x", "trailing"),
            (&deep, "nested deeper than 64"),
        ];
        for (text, part) in cases {
            let message = canonical_json(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
        let deepest = format!("{{\"a\":{}{}}}", "[".repeat(63), "]".repeat(63));
        assert!(canonical_json(&deepest).is_ok());
    }

    #[test]
    fn only_objects_are_objects() {
        for (text, kind) in
            [("5", "a number"), ("\"x\"", "a string"), ("[]", "an array"), ("null", "null"), ("true", "a boolean")]
        {
            assert!(JsonObject::parse(text).unwrap_err().to_string().ends_with(kind));
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_filter("finite", |f| f.is_finite() && *f != 0.0).prop_map(Into::into),
            "[^\u{0}]{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::btree_map("[^\u{0}]{0,4}", inner, 0..6)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_meaning_stays_and_the_form_is_a_fixed_point(value in any_json()) {
            let canonical = canonical_json(&value.to_string()).unwrap();
            prop_assert_eq!(&serde_json::from_str::<serde_json::Value>(&canonical).unwrap(), &value);
            prop_assert_eq!(canonical_json(&canonical).unwrap(), canonical);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,64}") {
            let _ = canonical_json(&text);
        }
    }
}
