//! Setting single values by their place: what leads there and is not there yet is made on the way.

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde_json::Map;
use serde_json::Number;
use serde_json::Value;

use crate::domain::document::patch::Misfit;
use crate::domain::document::patch::check_depth;
use crate::domain::excerpt::excerpt;

/// A change of one place in a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Assignment {
    /// The place, as a JSON pointer (RFC 6901); `-` as its last part appends to an array.
    pub path: PointerBuf,
    /// The change.
    pub change: Assigned,
}

/// The change that an assignment makes at its place.
#[derive(Debug, Clone, PartialEq)]
pub enum Assigned {
    /// The place holds this value.
    Value(Value),
    /// The number that is there grows by this one; a negative number makes it smaller.
    Add(Number),
}

/// An assignment as it is written in JSON: with a `value`, or with a number to `add`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    path: PointerBuf,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    add: Option<Number>,
}

/// Tells a value that is null from one that is missing.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl TryFrom<Written> for Assignment {
    type Error = &'static str;

    fn try_from(Written { path, value, add }: Written) -> Result<Self, Self::Error> {
        let change = match (value, add) {
            (Some(value), None) => Assigned::Value(value),
            (None, Some(number)) => Assigned::Add(number),
            (None, None) => return Err("missing field `value`, or a number to `add`"),
            (Some(_), Some(_)) => return Err("wanted either a value or a number to add, not both"),
        };
        Ok(Self { path, change })
    }
}

impl From<Assignment> for Written {
    fn from(Assignment { path, change }: Assignment) -> Self {
        match change {
            Assigned::Value(value) => Self { path, value: Some(value), add: None },
            Assigned::Add(number) => Self { path, value: None, add: Some(number) },
        }
    }
}

/// The document with the values in it; which assignment does not fit, and why.
pub(super) fn assign<'a>(
    document: &Map<String, Value>,
    assignments: &'a [Assignment],
) -> Result<Map<String, Value>, (&'a Assignment, Misfit)> {
    let mut changed = Value::Object(document.clone());
    for assignment in assignments {
        put(&mut changed, assignment).map_err(|misfit| (assignment, misfit))?;
        if !changed.is_object() {
            return Err((assignment, Misfit::NoObject { found: excerpt(&changed) }));
        }
    }
    match changed {
        Value::Object(changed) => Ok(changed),
        // Looked at after each.
        _ => Ok(document.clone()),
    }
}

fn put(document: &mut Value, assignment: &Assignment) -> Result<(), Misfit> {
    match &assignment.change {
        Assigned::Value(value) => {
            check_depth(&assignment.path, value)?;
            *make_place(document, assignment)? = value.clone();
        }
        Assigned::Add(number) => {
            // Nothing is made on the way: a number to add to must be there.
            let place = document.pointer_mut(assignment.path.as_str()).ok_or(Misfit::NoPlace)?;
            *place = Value::Number(sum(place, number)?);
        }
    }
    Ok(())
}

/// Returns the sum of a value in a document and a number. Whole numbers stay exact.
fn sum(value: &Value, add: &Number) -> Result<Number, Misfit> {
    let Value::Number(number) = value else { return Err(Misfit::NotANumber { found: excerpt(value) }) };
    let out_of_range = || Misfit::SumOutOfRange { number: number.to_string(), add: add.to_string() };
    if let (Some(number), Some(add)) = (number.as_i64(), add.as_i64()) {
        return number.checked_add(add).map(Number::from).ok_or_else(out_of_range);
    }
    let float = |number: &Number| number.as_f64().filter(|float| number.as_i64().is_none_or(|whole| *float as i64 == whole));
    let sum = float(number).zip(float(add)).map(|(number, add)| number + add);
    sum.and_then(Number::from_f64).ok_or_else(out_of_range)
}

/// Returns the place of an assignment; places that lead there are made.
fn make_place<'a>(document: &'a mut Value, assignment: &Assignment) -> Result<&'a mut Value, Misfit> {
    let mut place = document;
    for token in assignment.path.tokens() {
        let name = token.decoded();
        if place.is_null() {
            // What begins with its first item is an array.
            *place = if matches!(&*name, "-" | "0") { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        }
        place = match place {
            Value::Object(members) => members.entry(name.into_owned()).or_insert(Value::Null),
            Value::Array(items) => {
                // An item that is there, or the next one: nothing fills a gap.
                let index =
                    token.to_index().ok().and_then(|index| index.for_len_incl(items.len()).ok()).ok_or(Misfit::NoPlace)?;
                if index == items.len() {
                    items.push(Value::Null);
                }
                items.get_mut(index).ok_or(Misfit::NoPlace)?
            }
            _ => return Err(Misfit::NoPlace),
        };
    }
    Ok(place)
}
