//! Functions of the language that are evaluated directly.

use jaq_core::ops::Math;
use jaq_json::Map;
use jaq_json::Num;

use crate::jq::direct::index;
use crate::jq::direct::index::owned;
use crate::jq::direct::operation;
use crate::jq::direct::steps::Steps;
use crate::jq::direct::steps::Stop;
use crate::jq::functions;
use crate::jq::lazy::Lazy;
use crate::jq::value::JqValue;
use crate::jq::value::object;
use crate::jq::value::text;

/// Number of steps of a call.
const CALL: usize = 4;

/// A function with at most one result, of the input and at most one argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// `not`
    Not,
    /// `length`
    Length,
    /// `type`
    Type,
    /// `tostring`
    Text,
    /// `tonumber`
    Number,
    /// `keys`
    Keys,
    /// `ascii_downcase`
    Downcase,
    /// `ascii_upcase`
    Upcase,
    /// `tojson`
    ToJson,
    /// `to_entries`
    ToEntries,
    /// `from_entries`
    FromEntries,
    /// `sort`
    Sort,
    /// `unique`
    Unique,
    /// `join(separator)`
    Join,
    /// `has(name)`
    Has,
    /// `startswith(text)`
    StartsWith,
    /// `endswith(text)`
    EndsWith,
    /// `split(separator)`
    Split,
}

impl Function {
    /// Returns a function by its name and number of arguments.
    pub(super) fn find(name: &str, arguments: usize) -> Option<Self> {
        Some(match (name, arguments) {
            ("not", 0) => Self::Not,
            ("length", 0) => Self::Length,
            ("type", 0) => Self::Type,
            ("tostring", 0) => Self::Text,
            ("tonumber", 0) => Self::Number,
            ("keys", 0) => Self::Keys,
            ("ascii_downcase", 0) => Self::Downcase,
            ("ascii_upcase", 0) => Self::Upcase,
            ("tojson", 0) => Self::ToJson,
            ("to_entries", 0) => Self::ToEntries,
            ("from_entries", 0) => Self::FromEntries,
            ("sort", 0) => Self::Sort,
            ("unique", 0) => Self::Unique,
            ("join", 1) => Self::Join,
            ("has", 1) => Self::Has,
            ("startswith", 1) => Self::StartsWith,
            ("endswith", 1) => Self::EndsWith,
            ("split", 1) => Self::Split,
            _ => return None,
        })
    }

    /// Returns the result of a call. Whatever the function refuses is left to the interpreter.
    pub(super) fn call(self, steps: &Steps, input: Lazy<'_>, argument: Option<Lazy<'_>>) -> Result<JqValue, Stop> {
        steps.charge(CALL)?;
        if self == Self::Not {
            return Ok(JqValue::Bool(!index::holds(&input)));
        }
        let input = index::solid(input)?;
        if self == Self::Split {
            return split(steps, input, argument.ok_or(Stop::LeftOver)?);
        }
        if self == Self::Text {
            return to_text(steps, input);
        }
        let input = index::value(&input)?;
        let argument = argument.map(index::solid).transpose()?;
        match argument.as_ref().map(index::value).transpose()? {
            Some(argument) => self.binary(steps, input, argument),
            None => self.unary(steps, input),
        }
    }

    fn unary(self, steps: &Steps, input: &JqValue) -> Result<JqValue, Stop> {
        match (self, input) {
            (Self::Length, input) => length(steps, input),
            (Self::Type, input) => Ok(text(type_of(input))),
            (Self::Number, JqValue::Num(_)) => Ok(input.clone()),
            (Self::Number, JqValue::TStr(bytes)) => {
                steps.charge(bytes.len())?;
                match functions::from_json(input) {
                    Ok(number @ JqValue::Num(_)) => Ok(number),
                    _ => Err(Stop::LeftOver),
                }
            }
            (Self::Keys, JqValue::Obj(members)) => {
                steps.charge(8 * members.len())?;
                let mut names: Vec<_> = members.keys().cloned().collect();
                if !names.iter().all(|name| matches!(name, JqValue::TStr(_))) {
                    return Err(Stop::LeftOver);
                }
                names.sort();
                Ok(names.into_iter().collect())
            }
            (Self::Downcase, JqValue::TStr(bytes)) => {
                steps.charge(bytes.len() / 16)?;
                Ok(JqValue::utf8_str(bytes.to_ascii_lowercase()))
            }
            (Self::Upcase, JqValue::TStr(bytes)) => {
                steps.charge(bytes.len() / 16)?;
                Ok(JqValue::utf8_str(bytes.to_ascii_uppercase()))
            }
            (Self::ToJson, input) => {
                steps.visit(input)?;
                Ok(JqValue::utf8_str(input.to_string().into_bytes()))
            }
            (Self::ToEntries, JqValue::Obj(members)) => {
                steps.charge(4 * members.len())?;
                Ok(members.iter().map(|(name, value)| object([("key", name.clone()), ("value", value.clone())])).collect())
            }
            (Self::FromEntries, JqValue::Arr(entries)) => from_entries(steps, entries),
            (Self::Sort | Self::Unique, JqValue::Arr(items)) => {
                steps.charge(8 * items.len())?;
                steps.visit(input)?;
                let mut items = items.to_vec();
                items.sort();
                if self == Self::Unique {
                    items.dedup();
                }
                Ok(items.into_iter().collect())
            }
            _ => Err(Stop::LeftOver),
        }
    }

    fn binary(self, steps: &Steps, input: &JqValue, argument: &JqValue) -> Result<JqValue, Stop> {
        match (self, input, argument) {
            (Self::Join, JqValue::Arr(items), JqValue::TStr(separator)) => {
                let mut text = Vec::new();
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        steps.charge(1 + separator.len() / 64)?;
                        text.extend_from_slice(separator);
                    }
                    operation::write_text(steps, Lazy::Shared(item), &mut text)?;
                }
                Ok(JqValue::utf8_str(text))
            }
            (Self::Has, JqValue::Obj(members), JqValue::TStr(_)) => Ok(JqValue::Bool(members.contains_key(argument))),
            (Self::StartsWith, JqValue::TStr(text), JqValue::TStr(start)) => {
                steps.charge(start.len() / 64)?;
                Ok(JqValue::Bool(text.starts_with(start)))
            }
            (Self::EndsWith, JqValue::TStr(text), JqValue::TStr(end)) => {
                steps.charge(end.len() / 64)?;
                Ok(JqValue::Bool(text.ends_with(end)))
            }
            _ => Err(Stop::LeftOver),
        }
    }
}

fn split(steps: &Steps, input: Lazy<'_>, separator: Lazy<'_>) -> Result<JqValue, Stop> {
    let separator = index::solid(separator)?;
    match (index::value(&input)?, index::value(&separator)?) {
        (JqValue::TStr(_), JqValue::TStr(_)) => operation::math(steps, input, Math::Div, separator),
        _ => Err(Stop::LeftOver),
    }
}

fn to_text(steps: &Steps, input: Lazy<'_>) -> Result<JqValue, Stop> {
    if let JqValue::TStr(_) = index::value(&input)? {
        return owned(input);
    }
    let mut text = Vec::new();
    operation::write_text(steps, input, &mut text)?;
    Ok(JqValue::utf8_str(text))
}

fn from_entries(steps: &Steps, entries: &[JqValue]) -> Result<JqValue, Stop> {
    steps.charge(4 * entries.len())?;
    let (key, value) = (text("key"), text("value"));
    let mut members = Map::default();
    for entry in entries {
        let JqValue::Obj(entry) = entry else { return Err(Stop::LeftOver) };
        let Some(name @ JqValue::TStr(_)) = entry.get(&key) else { return Err(Stop::LeftOver) };
        members.insert(name.clone(), entry.get(&value).cloned().unwrap_or_default());
    }
    Ok(JqValue::obj(members))
}

fn length(steps: &Steps, input: &JqValue) -> Result<JqValue, Stop> {
    let length = match input {
        JqValue::Null => 0,
        JqValue::Num(Num::Int(number)) => number.checked_abs().ok_or(Stop::LeftOver)?.unsigned_abs(),
        JqValue::TStr(bytes) => {
            steps.charge(bytes.len() / 64)?;
            std::str::from_utf8(bytes).map_err(|_| Stop::LeftOver)?.chars().count()
        }
        JqValue::Arr(items) => items.len(),
        JqValue::Obj(members) => members.len(),
        _ => return Err(Stop::LeftOver),
    };
    Ok(JqValue::from(length))
}

fn type_of(value: &JqValue) -> &'static str {
    match value {
        JqValue::Null => "null",
        JqValue::Bool(_) => "boolean",
        JqValue::Num(_) => "number",
        JqValue::BStr(_) | JqValue::TStr(_) => "string",
        JqValue::Arr(_) => "array",
        JqValue::Obj(_) => "object",
    }
}
