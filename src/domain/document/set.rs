//! Setting single values by their place: what leads there and is not there yet is made on the way.

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::domain::document::patch::Misfit;
use crate::domain::document::patch::check_depth;
use crate::domain::excerpt::excerpt;

/// One value and where it goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Where, as a JSON pointer (RFC 6901); `-` as its last part appends to an array.
    pub path: PointerBuf,
    /// What.
    pub value: Value,
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
    check_depth(&assignment.path, &assignment.value)?;
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
    *place = assignment.value.clone();
    Ok(())
}
