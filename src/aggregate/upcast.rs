//! Old events are turned into today's when they are read; what was recorded never changes.

use std::borrow::Cow;

use serde_json::Value;

use crate::aggregate::fold::FoldError;

/// One step: data of one schema version of one event type → the next version.
pub struct Upcaster {
    /// The type of event it is for.
    pub event_type: &'static str,
    /// The schema version it reads; it writes the one after.
    pub from: u32,
    /// Old data → new data.
    pub step: fn(Value) -> Value,
}

/// The data of an event in the schema version `today`: as it is where that is its own, else through the upcasters.
///
/// # Errors
/// When the event is of a newer version than this program knows, or a step is missing.
pub fn decode_data<'a>(
    event_type: &str,
    schema_version: u32,
    data: &'a str,
    today: u32,
    upcasters: &[Upcaster],
) -> Result<Cow<'a, str>, FoldError> {
    if schema_version == today {
        return Ok(Cow::Borrowed(data));
    }
    if schema_version > today {
        return Err(FoldError::NewerSchema { event_type: event_type.to_owned(), schema_version, known: today });
    }
    let mut value: Value = serde_json::from_str(data).map_err(|error| FoldError::data(event_type, error))?;
    for version in schema_version..today {
        let step = upcasters.iter().find(|u| u.event_type == event_type && u.from == version);
        let Some(upcaster) = step else {
            return Err(FoldError::NoUpcaster { event_type: event_type.to_owned(), from: version });
        };
        value = (upcaster.step)(value);
    }
    Ok(Cow::Owned(value.to_string()))
}
