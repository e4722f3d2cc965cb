//! Conversion between JSON and the values of programs. Whole numbers stay whole numbers.

use jaq_json::Num;
use jaq_json::Val;
use serde::Deserialize;
use serde::Serialize;
use serde::Serializer;
use serde_json::Number;
use serde_json::Value;

use crate::event::check_number;
use crate::jq::limit::MAX_BYTES;
use crate::jq::limit::MAX_ITEMS;

/// A value of a program. Copies are cheap, as they share their parts.
pub type JqValue = Val;

/// Maximum depth of a result.
pub const MAX_DEPTH: usize = 100;

/// Reads JSON text.
///
/// # Errors
/// The text is not JSON.
pub fn from_text(json: &str) -> Result<JqValue, serde_json::Error> {
    serde_json::from_str(json)
}

/// Returns the value of JSON.
///
/// # Errors
/// A number is not finite.
pub fn from_json(json: &Value) -> Result<JqValue, serde_json::Error> {
    JqValue::deserialize(json)
}

/// Returns a string.
pub fn text(text: impl Into<String>) -> JqValue {
    Val::utf8_str(text.into().into_bytes())
}

/// Returns a whole number.
pub fn integer(number: u64) -> JqValue {
    Val::Num(Num::from_integral(number))
}

/// Returns an object with these members.
pub fn object(members: impl IntoIterator<Item = (&'static str, JqValue)>) -> JqValue {
    Val::obj(members.into_iter().map(|(name, value)| (Val::utf8_str(name), value)).collect())
}

/// Returns true for an object.
pub fn is_object(value: &JqValue) -> bool {
    matches!(value, Val::Obj(_))
}

/// Returns a result of a program as JSON.
pub fn to_json(value: &JqValue) -> Value {
    match value {
        Val::Null => Value::Null,
        Val::Bool(value) => Value::Bool(*value),
        Val::Num(number) => to_number(number).map_or(Value::Null, Value::Number),
        Val::TStr(bytes) | Val::BStr(bytes) => Value::String(String::from_utf8_lossy(bytes).into_owned()),
        Val::Arr(items) => Value::Array(items.iter().map(to_json).collect()),
        Val::Obj(members) => {
            let member = |(name, value): (&Val, &Val)| (to_json(name).as_str().unwrap_or_default().to_owned(), to_json(value));
            Value::Object(members.iter().map(member).collect())
        }
    }
}

/// Returns a result of a program as JSON text, which is that of [`to_json`].
///
/// # Errors
/// The text cannot be written.
pub fn to_text(value: &JqValue) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Written(value))
}

/// A value that is written without a copy.
struct Written<'v>(&'v Val);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Val::Null => serializer.serialize_unit(),
            Val::Bool(value) => serializer.serialize_bool(*value),
            Val::Num(number) => to_number(number).ok().serialize(serializer),
            Val::TStr(bytes) | Val::BStr(bytes) => serializer.serialize_str(&String::from_utf8_lossy(bytes)),
            Val::Arr(items) => serializer.collect_seq(items.iter().map(Written)),
            Val::Obj(members) => serializer.collect_map(members.iter().map(|(name, value)| (Written(name), Written(value)))),
        }
    }
}

fn to_number(number: &Num) -> Result<Number, String> {
    let float = |float: f64| Number::from_f64(float).ok_or_else(|| format!("has {float}, which is not a JSON number"));
    match number {
        Num::Int(_) | Num::BigInt(_) => {
            let fits = number.as_isize().and_then(|number| i64::try_from(number).ok()).map(Number::from);
            fits.ok_or_else(|| "has a whole number that does not fit into 64 bits".to_owned())
        }
        Num::Float(value) => float(*value),
        Num::Dec(text) => {
            check_number(text).map_err(|reason| format!("has a number that would change: {reason}"))?;
            float(text.parse().unwrap_or(f64::NAN))
        }
    }
}

/// The size of a value in JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    values: usize,
    bytes: usize,
}

/// Returns the number of values and bytes of a value. Refuses a value that is too large or too deep to be visited.
///
/// # Errors
/// The reason, as the end of a sentence.
pub(super) fn measure(value: &JqValue) -> Result<(usize, usize), String> {
    let mut size = Size::default();
    visit(value, MAX_DEPTH, &mut size, &mut |_| Ok(()))?;
    Ok((size.values, size.bytes))
}

/// Checks that a value is JSON that can be stored.
///
/// # Errors
/// The reason, as the end of a sentence: that of [`measure`], a number that is not finite or beyond 64 bits, bytes, or a member
/// whose name is not a string.
pub(super) fn check(value: &JqValue) -> Result<(), String> {
    visit(value, MAX_DEPTH, &mut Size::default(), &mut |value| match value {
        Val::BStr(_) => Err("has bytes, which are not JSON".into()),
        Val::TStr(bytes) if std::str::from_utf8(bytes).is_err() => Err("has a string that is not UTF-8".into()),
        Val::Obj(members) if members.keys().any(|name| !matches!(name, Val::TStr(_))) => {
            Err("has a member whose name is not a string".into())
        }
        Val::Num(number) => to_number(number).map(drop),
        _ => Ok(()),
    })
}

fn visit(value: &Val, depth: usize, size: &mut Size, look: &mut impl FnMut(&Val) -> Result<(), String>) -> Result<(), String> {
    let Some(inside) = depth.checked_sub(1) else { return Err(format!("is nested deeper than {MAX_DEPTH}")) };
    size.values += 1;
    if let Val::TStr(text) | Val::BStr(text) = value {
        size.bytes += text.len();
    }
    if size.values > MAX_ITEMS || size.bytes > MAX_BYTES {
        return Err(format!("has more than {MAX_ITEMS} parts or {MAX_BYTES} bytes"));
    }
    look(value)?;
    match value {
        Val::Arr(items) => items.iter().try_for_each(|item| visit(item, inside, size, look)),
        Val::Obj(members) => members.iter().try_for_each(|(name, value)| {
            visit(name, inside, size, look)?;
            visit(value, inside, size, look)
        }),
        _ => Ok(()),
    }
}
