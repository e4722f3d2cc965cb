//! Operations on values whose cost is charged first.

use std::ops::Range;

use jaq_core::ValR;
use jaq_core::ValT;
use jaq_core::ops::Cmp;
use jaq_core::ops::Math;
use jaq_json::Num;

use crate::jq::direct::index::owned;
use crate::jq::direct::index::solid;
use crate::jq::direct::index::value;
use crate::jq::direct::steps::Steps;
use crate::jq::direct::steps::Stop;
use crate::jq::lazy::Lazy;
use crate::jq::value::JqValue;

/// Returns the result of an operation. All that the interpreter limits is charged or left to it.
pub(super) fn math(steps: &Steps, left: Lazy<'_>, math: Math, right: Lazy<'_>) -> Result<JqValue, Stop> {
    let (left, right) = (owned(left)?, owned(right)?);
    match (&left, &right) {
        (JqValue::Num(Num::BigInt(_)), _) | (_, JqValue::Num(Num::BigInt(_))) => return Err(Stop::LeftOver),
        (JqValue::Num(_), JqValue::Num(_)) | (JqValue::Null, _) | (_, JqValue::Null) => {}
        (JqValue::TStr(left), JqValue::TStr(right)) if math == Math::Add => steps.charge((left.len() + right.len()) / 64)?,
        (JqValue::Arr(left), JqValue::Arr(right)) if math == Math::Add => steps.charge(left.len() / 16 + right.len())?,
        (JqValue::Obj(left), JqValue::Obj(right)) if math == Math::Add => steps.charge(left.len() + right.len())?,
        (JqValue::TStr(left), JqValue::TStr(_)) if math == Math::Div => steps.charge(left.len())?,
        (JqValue::Arr(_), JqValue::Arr(_)) | (JqValue::Obj(_), JqValue::Obj(_)) => {
            steps.visit(&left)?;
            steps.visit(&right)?;
        }
        _ => return Err(Stop::LeftOver),
    }
    let result: ValR<JqValue> = math.run(left, right);
    result.map_err(|_| Stop::Raised)
}

/// Returns the result of a comparison.
pub(super) fn compare(steps: &Steps, left: Lazy<'_>, compare: Cmp, right: Lazy<'_>) -> Result<bool, Stop> {
    let (left, right) = (solid(left)?, solid(right)?);
    let (left, right) = (value(&left)?, value(&right)?);
    steps.visit(left)?;
    steps.visit(right)?;
    Ok(compare.run(left, right))
}

/// Returns a part of an array or text.
pub(super) fn slice(steps: &Steps, base: Lazy<'_>, range: Range<Option<&JqValue>>) -> Result<JqValue, Stop> {
    let base = owned(base)?;
    match &base {
        JqValue::TStr(text) => steps.charge(text.len() / 8)?,
        JqValue::Arr(items) => steps.charge(items.len() / 8)?,
        _ => {}
    }
    base.range(range).map_err(|_| Stop::Raised)
}

/// Appends a value to a text, as `tostring` does.
pub(super) fn write_text(steps: &Steps, written: Lazy<'_>, text: &mut Vec<u8>) -> Result<(), Stop> {
    let written = solid(written)?;
    match value(&written)? {
        JqValue::TStr(bytes) => {
            steps.charge(bytes.len() / 64)?;
            text.extend_from_slice(bytes);
        }
        JqValue::BStr(_) => return Err(Stop::LeftOver),
        value => {
            steps.visit(value)?;
            text.extend_from_slice(value.to_string().as_bytes());
        }
    }
    Ok(())
}
