//! Upcasting of events of older schema versions on reading. Recorded events never change.

use std::borrow::Cow;

use serde_json::Value;

use crate::aggregate::fold_error::FoldError;

/// A step from a schema version of an event type to the next one.
pub struct Upcaster {
    /// The type of the events.
    pub event_type: &'static str,
    /// The schema version that it reads. It writes the next one.
    pub from: u32,
    /// The function from old to new data.
    pub step: fn(Value) -> Value,
}

/// Returns the data of an event in the current schema version `today`, after the upcasters for an older one.
///
/// # Errors
/// [`FoldError::NewerSchema`] for a newer version; [`FoldError::NoUpcaster`] when a step is missing.
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
