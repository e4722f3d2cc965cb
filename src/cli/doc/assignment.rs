//! Parses `PATH=VALUE`, `PATH+=N` and `PATH-=N`. A path has the form of jq, yq and kubectl, or is a JSON pointer.

use json_patch::jsonptr::PointerBuf;
use serde_json::Number;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::domain::document::Assigned;
use crate::domain::document::Assignment;
use crate::event::canonical_json;

const WANTED: &str = "expected PATH=VALUE, for instance owner.name=Ann or /owner/name=Ann";

/// Parses the change of one value, for clap.
pub(super) fn assignment(text: &str) -> Result<Assignment, String> {
    let (path, rest) = if text.starts_with('/') {
        let end = text.find('=').ok_or(WANTED)?;
        let end = if matches!(text.as_bytes()[end - 1], b'+' | b'-') && !text[..end].ends_with("/-") { end - 1 } else { end };
        let pointer = &text[..end];
        (PointerBuf::parse(pointer).map_err(|_| format!("{pointer:?} is not a JSON pointer; write ~0 for ~"))?, &text[end..])
    } else {
        let (names, rest) = dotted(text)?;
        (PointerBuf::from_tokens(names), rest)
    };
    let change = match (rest.strip_prefix("+="), rest.strip_prefix("-="), rest.strip_prefix('=')) {
        (Some(number), ..) => Assigned::Add(number_of(text, number)?),
        (_, Some(number), _) => Assigned::Add(negative(text, number_of(text, number)?)?),
        (.., Some(value)) => Assigned::Value(value_of(value)?),
        _ => return Err(WANTED.into()),
    };
    Ok(Assignment { path, change })
}

/// Parses the number after += or -=.
fn number_of(whole: &str, text: &str) -> Result<Number, String> {
    match value_of(text)? {
        Value::Number(number) => Ok(number),
        _ => Err(format!(
            "{whole:?} adds {text:?}, which is not a number; for a member whose name ends with + or -, write [\"name+\"]=VALUE"
        )),
    }
}

fn negative(whole: &str, number: Number) -> Result<Number, String> {
    let negative = match number.as_i64() {
        Some(whole) => whole.checked_neg().map(Number::from),
        None => number.as_f64().and_then(|number| Number::from_f64(-number)),
    };
    negative.ok_or_else(|| format!("{whole:?} subtracts a number that is out of range"))
}

/// Parses JSON, or else takes the text. JSON that not every store can hold is refused, and never taken for text.
fn value_of(text: &str) -> Result<Value, String> {
    if serde_json::from_str::<&RawValue>(text).is_err() {
        return Ok(Value::String(text.to_owned()));
    }
    let canonical = canonical_json(text).map_err(|error| error.to_string())?;
    serde_json::from_str(&canonical).map_err(|error| error.to_string())
}

/// Splits a text into the names of a dotted path and the rest from `=`, `+=` or `-=` on.
fn dotted(text: &str) -> Result<(Vec<String>, &str), String> {
    let mut names = Vec::new();
    let mut rest = text.strip_prefix('.').unwrap_or(text);
    loop {
        rest = match rest.strip_prefix('[') {
            Some(inside) => {
                let (name, after) = in_brackets(inside).ok_or_else(|| format!("{text:?} has a [ without its ]; {WANTED}"))?;
                names.push(name);
                after
            }
            None => {
                let (name, after) = plain(rest);
                if name.is_empty() {
                    return Err(format!("{text:?} has an empty name in its path; {WANTED}"));
                }
                names.push(name);
                after
            }
        };
        match rest.chars().next() {
            Some('=' | '+' | '-') => return Ok((names, rest)),
            Some('.') => rest = &rest[1..],
            Some('[') => {}
            _ => return Err(format!("{text:?} has no =; {WANTED}")),
        }
    }
}

/// Splits off a name up to the character that ends it. A backslash escapes the next character.
fn plain(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => name.extend(chars.next().map(|(_, c)| c)),
            '.' | '[' | '=' => return (name, &text[at..]),
            '+' | '-' if text[at + 1..].starts_with('=') => return (name, &text[at..]),
            c => name.push(c),
        }
    }
    (name, "")
}

/// Parses the content of brackets: an index, nothing (after the last item), or a name as a JSON string.
fn in_brackets(text: &str) -> Option<(String, &str)> {
    if text.starts_with('"') {
        let mut names = serde_json::Deserializer::from_str(text).into_iter::<String>();
        let name = names.next()?.ok()?;
        return text[names.byte_offset()..].strip_prefix(']').map(|rest| (name, rest));
    }
    let (index, rest) = text.split_once(']')?;
    match index {
        "" => Some(("-".to_owned(), rest)),
        index if index.bytes().all(|byte| byte.is_ascii_digit()) => Some((index.to_owned(), rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Assigned;
    use super::assignment;

    #[test]
    fn paths_are_dotted_or_pointers() {
        let cases = [
            ("a=1", "/a"),
            (".a.b=1", "/a/b"),
            ("a[0].b=1", "/a/0/b"),
            ("a.0=1", "/a/0"),
            ("a[]=1", "/a/-"),
            ("a[12][3]=1", "/a/12/3"),
            (r#"["a.b=c"].d=1"#, "/a.b=c/d"),
            (r#"x["a\"]"]=1"#, "/x/a\"]"),
            (r"a\.b\=c=1", "/a.b=c"),
            ("a/b=1", "/a~1b"),
            ("ä~=1", "/ä~0"),
            ("/a~1b/-=1", "/a~1b/-"),
            ("/=1", "/"),
        ];
        for (text, pointer) in cases {
            let read = assignment(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((read.path.as_str(), read.change), (pointer, Assigned::Value(json!(1))), "{text}");
        }
    }

    #[test]
    fn values_are_json_or_else_text() {
        let cases = [
            ("a=5", json!(5)),
            ("a=-1.5", json!(-1.5)),
            ("a=true", json!(true)),
            ("a=null", json!(null)),
            ("a=\"5\"", json!("5")),
            ("a=[1, {\"b\": 2}]", json!([1, {"b": 2}])),
            ("a=", json!("")),
            ("a=b=c", json!("b=c")),
            ("a=5 apples", json!("5 apples")),
            ("a={b:1}", json!("{b:1}")),
            ("a=NaN", json!("NaN")),
        ];
        for (text, value) in cases {
            assert_eq!(assignment(text).unwrap().change, Assigned::Value(value), "{text}");
        }
    }

    #[test]
    fn numbers_are_added_and_subtracted() {
        let cases = [
            ("gold+=50", "/gold", json!(50)),
            ("gold-=50", "/gold", json!(-50)),
            ("a.b[0]-=1.5", "/a/b/0", json!(-1.5)),
            ("/gold+=50", "/gold", json!(50)),
            ("/a/0-=2", "/a/0", json!(-2)),
        ];
        for (text, pointer, number) in cases {
            let read = assignment(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let Assigned::Add(add) = read.change else { panic!("{text}") };
            assert_eq!((read.path.as_str(), json!(add)), (pointer, number), "{text}");
        }
        for (text, pointer) in
            [(r#"["gold+"]=1"#, "/gold+"), (r"gold\+=1", "/gold+"), ("/a~1b/-=1", "/a~1b/-"), ("a+b=1", "/a+b")]
        {
            let read = assignment(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((read.path.as_str(), read.change), (pointer, Assigned::Value(json!(1))), "{text}");
        }
        for text in ["gold+=", "gold+=x", "gold-=\"5\"", "gold-=-9223372036854775808", "gold+=1e400", "+=1"] {
            assert!(assignment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in ["", "a", "=1", ".=1", "a..b=1", "a.=1", "a[=1", "a[x]=1", "a[\"b]=1", "a[0]b=1", "/a", "/~2=1"] {
            assert!(assignment(text).is_err(), "{text}");
        }
        for text in ["a=99999999999999999999", "a=1e400", "a={\"b\":1,\"b\":2}", r#"a="\u0000""#] {
            assert!(assignment(text).is_err(), "{text}");
        }
    }
}
