//! Access to the parts of values.

use jaq_core::ValT;
use jaq_json::Num;

use crate::jq::direct::steps::Stop;
use crate::jq::lazy::Lazy;
use crate::jq::value::JqValue;

/// Returns true for a value that is neither `false` nor `null`.
pub(super) fn holds(value: &Lazy<'_>) -> bool {
    match value {
        Lazy::Object(_) => true,
        Lazy::Shared(value) => !matches!(value, JqValue::Null | JqValue::Bool(false)),
        Lazy::Owned(value) => !matches!(value, JqValue::Null | JqValue::Bool(false)),
    }
}

/// Returns the value with all its parts.
pub(super) fn solid(value: Lazy<'_>) -> Result<Lazy<'_>, Stop> {
    match value {
        Lazy::Object(object) => object.whole().map(Lazy::Owned).map_err(|_| Stop::LeftOver),
        value => Ok(value),
    }
}

/// Returns the value with all its parts, which [`solid`] made.
pub(super) fn value<'a>(value: &'a Lazy<'_>) -> Result<&'a JqValue, Stop> {
    match value {
        Lazy::Object(_) => Err(Stop::LeftOver),
        Lazy::Shared(value) => Ok(value),
        Lazy::Owned(value) => Ok(value),
    }
}

/// Returns the value of a lazy one.
pub(super) fn owned(value: Lazy<'_>) -> Result<JqValue, Stop> {
    match value {
        Lazy::Object(object) => object.whole().map_err(|_| Stop::LeftOver),
        Lazy::Shared(value) => Ok(value.clone()),
        Lazy::Owned(value) => Ok(value),
    }
}

/// Returns the member at an index that [`solid`] made.
pub(super) fn member<'v>(base: Lazy<'v>, index: &Lazy<'_>) -> Result<Lazy<'v>, Stop> {
    member_of(base, value(index)?)
}

/// Returns the member at an index; null where there is none.
pub(super) fn member_of<'v>(base: Lazy<'v>, index: &JqValue) -> Result<Lazy<'v>, Stop> {
    match base {
        Lazy::Object(object) => {
            let JqValue::TStr(name) = index else { return Err(Stop::LeftOver) };
            let name = std::str::from_utf8(name).map_err(|_| Stop::LeftOver)?;
            object.member(name).map_err(|_| Stop::LeftOver)
        }
        Lazy::Shared(base) => match found(base, index) {
            Some(member) => Ok(member.map_or(Lazy::Owned(JqValue::Null), Lazy::Shared)),
            None => other(base.clone(), index),
        },
        Lazy::Owned(base) => match found(&base, index) {
            Some(member) => Ok(Lazy::Owned(member.cloned().unwrap_or_default())),
            None => other(base, index),
        },
    }
}

/// Returns the member at an index if it is a simple access: `None` for another one, `Some(None)` for no member.
fn found<'a>(base: &'a JqValue, index: &JqValue) -> Option<Option<&'a JqValue>> {
    match (base, index) {
        (JqValue::Obj(members), JqValue::TStr(_)) => Some(members.get(index)),
        (JqValue::Arr(items), JqValue::Num(Num::Int(place))) => Some(at(*place, items.len()).and_then(|place| items.get(place))),
        (JqValue::Null, JqValue::TStr(_) | JqValue::Num(_)) => Some(None),
        _ => None,
    }
}

/// Returns the place of an element, which is counted from the end if it is negative.
pub(super) fn at(place: isize, length: usize) -> Option<usize> {
    let place = if place < 0 { length.checked_sub(place.unsigned_abs()) } else { Some(place.unsigned_abs()) };
    place.filter(|place| *place < length)
}

fn other<'v>(base: JqValue, index: &JqValue) -> Result<Lazy<'v>, Stop> {
    match index {
        // An access by a value of parts visits them.
        JqValue::Arr(_) | JqValue::Obj(_) | JqValue::BStr(_) => Err(Stop::LeftOver),
        index => base.index(index).map(Lazy::Owned).map_err(|_| Stop::Raised),
    }
}
