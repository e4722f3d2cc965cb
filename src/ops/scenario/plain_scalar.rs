//! Plain scalars of YAML, which are those without quotes. Only words that every reader of YAML reads as the same value are
//! accepted.
//!
//! Readers of YAML 1.1 and of 1.2, and programs that read JSON, disagree about words such as `yes`, `017` or `.5`.

use serde_json::Number;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::event::check_number;

/// The value that another reader makes of a word, and a form that all readers agree about.
struct OtherReading {
    as_a: &'static str,
    write: Option<String>,
}

/// Returns the value of a plain word. `time` allows a moment, about which all readers agree.
///
/// # Errors
/// A word that other readers read differently, and a whole number beyond the range.
pub(super) fn value(text: &str, time: bool) -> Result<Value, String> {
    match text {
        "" | "~" | "null" => return Ok(Value::Null),
        "true" => return Ok(true.into()),
        "false" => return Ok(false.into()),
        _ => {}
    }
    if is_number(text) {
        check_number(text).map_err(|reason| format!("{reason}; write it as a string"))?;
    }
    match (serde_json::from_str::<Number>(text), other_reading(text)) {
        (Ok(number), _) => Ok(number.into()),
        (Err(_), Some(reading)) if !(time && reading.as_a == TIME) => Err(disagreement(text, &reading)),
        (Err(_), _) => Ok(text.into()),
    }
}

/// Returns true if a text is a number in the grammar of JSON.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) && serde_json::from_str::<&RawValue>(text).is_ok()
}

/// Checks a plain word that is a key. It must be text to every reader.
///
/// # Errors
/// A word that is a number, a boolean, a time or null to other readers.
pub(super) fn check_key(text: &str) -> Result<(), String> {
    let number = serde_json::from_str::<Number>(text).map(|_| NUMBER);
    let as_a = match text {
        "" => return Err(format!("nothing is {NULL} to some readers of YAML and an empty text to others; write ''")),
        "~" | "null" => Some(NULL),
        "true" | "false" => Some(TRUTH),
        _ => number.ok().or_else(|| other_reading(text).map(|reading| reading.as_a)),
    };
    match as_a {
        Some(as_a) => Err(disagreement(text, &OtherReading { as_a, write: None })),
        None => Ok(()),
    }
}

fn disagreement(text: &str, OtherReading { as_a, write }: &OtherReading) -> String {
    let instead = write.as_ref().map_or_else(String::new, |write| format!("{write} or "));
    format!("{text} is {as_a} to some readers of YAML and text to others; write {instead}'{text}'")
}

const NULL: &str = "null";
const TRUTH: &str = "true or false";
const NUMBER: &str = "a number";
const TIME: &str = "a time";

/// Returns the value that a reader of YAML 1.1 or 1.2 makes of a word, if that is neither text nor a JSON value.
fn other_reading(text: &str) -> Option<OtherReading> {
    let reading = |as_a, write: Option<&str>| Some(OtherReading { as_a, write: write.map(str::to_owned) });
    // YAML accepts "yes", "Yes" and "YES", but not "yEs".
    let lower = text.to_ascii_lowercase();
    let rest = text.get(1..).unwrap_or_default();
    let one_case = text == lower || text == text.to_ascii_uppercase() || rest == rest.to_ascii_lowercase();
    match (lower.as_str(), one_case) {
        ("null", true) => return reading(NULL, Some("null")),
        ("true" | "yes" | "on", true) => return reading(TRUTH, Some("true")),
        ("false" | "no" | "off", true) => return reading(TRUTH, Some("false")),
        (".inf" | "+.inf" | "-.inf" | ".nan", _) => return reading("a number that JSON does not have", None),
        ("<<", _) => return reading("a key that merges maps", None),
        ("=", _) => return reading("a default value", None),
        _ if text.starts_with(['|', '>']) => return reading("the start of a text block", None),
        _ => {}
    }
    if let Some(write) = number(text) {
        return Some(OtherReading { as_a: NUMBER, write });
    }
    if is_sexagesimal(text) {
        return reading("a number in base 60", None);
    }
    if is_time(text) { reading(TIME, None) } else { None }
}

/// Returns the decimal form of a number that JSON writes differently; an inner none if readers disagree about the form.
fn number(text: &str) -> Option<Option<String>> {
    let (sign, digits) = text.strip_prefix('-').map_or_else(|| ("", text.strip_prefix('+').unwrap_or(text)), |rest| ("-", rest));
    if digits.starts_with('_') {
        return None;
    }
    let digits = digits.replace('_', "");
    let lower = digits.to_ascii_lowercase();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = lower.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|c| c.is_digit(radix))
        {
            return Some(i64::from_str_radix(digits, radix).ok().map(|number| format!("{sign}{number}")));
        }
    }
    let (mantissa, exponent) =
        digits.split_once(['e', 'E']).map_or((&*digits, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(whole, fraction)| (whole, Some(fraction)));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let power = exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    let has_digits = !whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty());
    if !has_digits
        || !all_digits(whole)
        || !fraction.is_none_or(all_digits)
        || !power.is_none_or(|power| !power.is_empty() && all_digits(power))
    {
        return None;
    }
    if fraction.is_none() && exponent.is_none() && whole.len() > 1 && whole.starts_with('0') {
        // 017 is 15 to some and 17 to others.
        return Some(None);
    }
    let whole = Some(whole.trim_start_matches('0')).filter(|whole| !whole.is_empty()).unwrap_or("0");
    let fraction = fraction.map_or_else(String::new, |fraction| format!(".{}", if fraction.is_empty() { "0" } else { fraction }));
    let exponent = exponent.map_or_else(String::new, |exponent| format!("e{exponent}"));
    Some(Some(format!("{sign}{whole}{fraction}{exponent}")))
}

/// Returns true for groups of digits up to 59, like `12:30` or `1:02:03.5`.
fn is_sexagesimal(text: &str) -> bool {
    let mut groups = text.strip_prefix(['+', '-']).unwrap_or(text).split(':');
    let first = groups.next().unwrap_or_default();
    let mut any = false;
    let all = groups.all(|group| {
        any = true;
        let whole = group.split_once('.').map_or(group, |(whole, _)| whole);
        whole.parse::<u8>().is_ok_and(|number| number < 60) && group.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    });
    any && all
        && first.starts_with(|c: char| c.is_ascii_digit())
        && first.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

/// Returns true for a date, or a date with a time, in the form of YAML 1.1.
fn is_time(text: &str) -> bool {
    let date = text.split(['T', 't', ' ', '\t']).next().unwrap_or_default();
    let parts: Vec<&str> = date.split('-').collect();
    let digits =
        |part: &str, lengths: [usize; 2]| lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let [year, month, day] = parts[..] else { return false };
    let rest = &text[date.len()..];
    let timelike = |byte: u8| byte.is_ascii_digit() || b"Tt \t:.Zz+-".contains(&byte);
    digits(year, [4, 4]) && digits(month, [1, 2]) && digits(day, [1, 2]) && rest.bytes().all(timelike)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::check_key;
    use super::value;

    #[test]
    fn words_that_readers_disagree_about_are_refused_with_what_to_write() {
        for (word, write) in [
            ("True", "write true or 'True'"),
            ("TRUE", "write true or"),
            ("FALSE", "write false or"),
            ("Null", "write null or 'Null'"),
            ("NULL", "write null or"),
            ("yes", "write true or 'yes'"),
            ("Yes", "write true or"),
            ("NO", "write false or"),
            ("on", "write true or"),
            ("Off", "write false or"),
            (".5", "write 0.5 or '.5'"),
            ("-.5", "write -0.5 or"),
            ("+.5e3", "write 0.5e3 or"),
            ("5.", "write 5.0 or"),
            ("+1", "write 1 or '+1'"),
            ("+1.5", "write 1.5 or"),
            ("+1e3", "write 1e3 or"),
            ("0x1F", "write 31 or '0x1F'"),
            ("-0x1f", "write -31 or"),
            ("0xFFFFFFFFFFFFFFFFFFFF", "write '0xFF"),
            ("0o17", "write 15 or"),
            ("0b101", "write 5 or"),
            ("017", "write '017'"),
            ("00", "write '00'"),
            ("007.5", "write 7.5 or"),
            ("1_000", "write 1000 or"),
            (".inf", "write '.inf'"),
            ("-.INF", "write '-.INF'"),
            (".NaN", "write '.NaN'"),
            ("0X1f", "write 31 or '0X1f'"),
            ("0B101", "write 5 or"),
            ("0O17", "write 15 or"),
            ("|", "write '|'"),
            ("> x", "write '> x'"),
            ("12:30", "write '12:30'"),
            ("-1:02:03.5", "write '-1:02:03.5'"),
            ("2026-01-01", "write '2026-01-01'"),
            ("2026-1-1T10:00:00Z", "write '2026"),
            ("2026-01-01 10:00:00 +1", "write '2026"),
            ("<<", "write '<<'"),
            ("=", "write '='"),
        ] {
            let error = value(word, false).unwrap_err();
            assert!(error.contains(write), "{word}: {error}");
            assert!(check_key(word).is_err(), "{word}");
            // The suggested form is accepted, and is a JSON value.
            if let Some(advised) =
                write.strip_prefix("write ").and_then(|write| write.split_once(" or")).map(|(advised, _)| advised)
            {
                assert!(!value(advised, false).unwrap().is_string(), "{advised}");
            }
        }
        assert!(check_key("").unwrap_err().contains("write ''"));
        for key in ["1", "1.5", "true", "null", "~", "-3"] {
            assert!(check_key(key).unwrap_err().contains(&format!("write '{key}'")), "{key}");
        }
    }

    #[test]
    fn words_that_all_readers_agree_about_are_taken() {
        for (word, wanted) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("null", json!(null)),
            ("true", json!(true)),
            ("-0.5", json!(-0.5)),
            ("1e3", json!(1e3)),
            ("0", json!(0)),
        ] {
            assert_eq!(value(word, false), Ok(wanted), "{word}");
        }
        for word in [
            "gold",
            "5m",
            "90s",
            "1 day",
            "yEs",
            "y",
            "n",
            "nullable",
            "1.2.3",
            "1-2",
            "_1",
            "0x",
            "0xg",
            "e3",
            ".",
            "-",
            "+",
            "1:99",
            "a:b",
            "12:",
            "2026",
            "2026-01",
            "10.0.0.1",
            "v1.5",
            "1e",
            "1e+",
            "018c2f5e-7a00-7000-8000-000000000001",
            "resource-gold",
            "--",
            "é",
            "0.5.",
        ] {
            if word != "2026" {
                assert_eq!(value(word, false), Ok(json!(word)), "{word}");
                assert_eq!(check_key(word), Ok(()), "{word}");
            }
        }
        assert_eq!(value("2026-01-01T00:00:00Z", true), Ok(json!("2026-01-01T00:00:00Z")));
        assert!(value("yes", true).is_err());
    }
}
