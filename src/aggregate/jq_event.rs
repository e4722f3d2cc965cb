//! The form of events in jq programs, which is the event JSON of the command line.

use crate::aggregate::fold_error::FoldError;
use crate::event::EventView;
use crate::jq::JqValue;
use crate::jq::from_text;
use crate::jq::integer;
use crate::jq::object;
use crate::jq::text;

/// Returns an event for a jq program.
///
/// # Errors
/// [`FoldError::Data`] when its data or metadata are not JSON.
pub fn jq_event(event: &EventView<'_>) -> Result<JqValue, FoldError> {
    let read = |json| from_text(json).map_err(|error| FoldError::data(event.event_type, error));
    Ok(object([
        ("position", integer(event.position.0)),
        ("event_id", text(event.event_id.to_string())),
        ("stream", text(event.stream)),
        ("version", integer(event.version.0)),
        ("type", text(event.event_type)),
        ("schema_version", integer(event.schema_version.into())),
        ("recorded_at", text(event.recorded_at.to_string())),
        ("data", read(event.data)?),
        ("metadata", read(event.metadata)?),
        ("hash", text(event.hash.to_string())),
    ]))
}
