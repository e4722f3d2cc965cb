//! Assignments of single values by path. Missing parents are created.

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde_json::Map;
use serde_json::Number;
use serde_json::Value;

use crate::domain::document::patch::DocumentMisfit;
use crate::domain::document::patch::check_depth;
use crate::domain::truncate::truncate;

/// A change at one path of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "AssignmentJson", into = "AssignmentJson")]
pub struct Assignment {
    /// The path, as a JSON pointer (RFC 6901). A final `-` appends to an array.
    pub path: PointerBuf,
    /// The change.
    pub change: Assigned,
}

/// The change of an assignment.
#[derive(Debug, Clone, PartialEq)]
pub enum Assigned {
    /// Sets this value.
    Value(Value),
    /// Adds this number, which may be negative, to the number in the document.
    Add(Number),
}

/// An assignment in JSON: a path with a `value` or a number to `add`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AssignmentJson {
    path: PointerBuf,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    add: Option<Number>,
}

/// Distinguishes a null from a missing value.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl TryFrom<AssignmentJson> for Assignment {
    type Error = &'static str;

    fn try_from(AssignmentJson { path, value, add }: AssignmentJson) -> Result<Self, Self::Error> {
        let change = match (value, add) {
            (Some(value), None) => Assigned::Value(value),
            (None, Some(number)) => Assigned::Add(number),
            (None, None) => return Err("missing field `value`, or a number to `add`"),
            (Some(_), Some(_)) => return Err("expected either a value or a number to add, not both"),
        };
        Ok(Self { path, change })
    }
}

impl From<Assignment> for AssignmentJson {
    fn from(Assignment { path, change }: Assignment) -> Self {
        match change {
            Assigned::Value(value) => Self { path, value: Some(value), add: None },
            Assigned::Add(number) => Self { path, value: None, add: Some(number) },
        }
    }
}

/// Returns the document with the assigned values, or the assignment that does not fit and the reason.
pub(super) fn assign<'a>(
    document: &Map<String, Value>,
    assignments: &'a [Assignment],
) -> Result<Map<String, Value>, (&'a Assignment, DocumentMisfit)> {
    let mut changed = Value::Object(document.clone());
    for assignment in assignments {
        put(&mut changed, assignment).map_err(|misfit| (assignment, misfit))?;
        if !changed.is_object() {
            return Err((assignment, DocumentMisfit::NoObject { found: truncate(&changed) }));
        }
    }
    match changed {
        Value::Object(changed) => Ok(changed),
        // Checked after each assignment.
        _ => Ok(document.clone()),
    }
}

fn put(document: &mut Value, assignment: &Assignment) -> Result<(), DocumentMisfit> {
    match &assignment.change {
        Assigned::Value(value) => {
            check_depth(&assignment.path, value)?;
            *make_place(document, assignment)? = value.clone();
        }
        Assigned::Add(number) => {
            // No parents are created, because the number to add to must exist.
            let place = document.pointer_mut(assignment.path.as_str()).ok_or(DocumentMisfit::NoPlace)?;
            *place = Value::Number(sum(place, number)?);
        }
    }
    Ok(())
}

/// Returns the sum of a value in a document and a number. Whole numbers stay exact.
fn sum(value: &Value, add: &Number) -> Result<Number, DocumentMisfit> {
    let Value::Number(number) = value else { return Err(DocumentMisfit::NotANumber { found: truncate(value) }) };
    let out_of_range = || DocumentMisfit::SumOutOfRange { number: number.to_string(), add: add.to_string() };
    if let (Some(number), Some(add)) = (number.as_i64(), add.as_i64()) {
        return number.checked_add(add).map(Number::from).ok_or_else(out_of_range);
    }
    let float = |number: &Number| number.as_f64().filter(|float| number.as_i64().is_none_or(|whole| *float as i64 == whole));
    let sum = float(number).zip(float(add)).map(|(number, add)| number + add);
    sum.and_then(Number::from_f64).ok_or_else(out_of_range)
}

/// Returns the value at the path of an assignment. Missing parents are created.
fn make_place<'a>(document: &'a mut Value, assignment: &Assignment) -> Result<&'a mut Value, DocumentMisfit> {
    let mut place = document;
    for token in assignment.path.tokens() {
        let name = token.decoded();
        if place.is_null() {
            // A container whose first item is set is an array.
            *place = if matches!(&*name, "-" | "0") { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        }
        place = match place {
            Value::Object(members) => members.entry(name.into_owned()).or_insert(Value::Null),
            Value::Array(items) => {
                // An existing item, or the next one. Gaps are not filled.
                let index = token
                    .to_index()
                    .ok()
                    .and_then(|index| index.for_len_incl(items.len()).ok())
                    .ok_or(DocumentMisfit::NoPlace)?;
                if index == items.len() {
                    items.push(Value::Null);
                }
                items.get_mut(index).ok_or(DocumentMisfit::NoPlace)?
            }
            _ => return Err(DocumentMisfit::NoPlace),
        };
    }
    Ok(place)
}
