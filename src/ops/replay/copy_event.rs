//! Conversion of a recorded event into one to append to a copy.

use crate::event::EventType;
use crate::event::EventView;
use crate::event::JsonObject;
use crate::event::NewEvent;
use crate::ops::error::OpsError;

/// Returns the event to append for a recorded event, with the same id.
pub(super) fn copy_of(event: &EventView<'_>) -> Result<NewEvent, OpsError> {
    Ok(NewEvent {
        event_id: event.event_id,
        event_type: EventType::parse(event.event_type)?,
        schema_version: event.schema_version,
        data: JsonObject::parse(event.data)?,
        metadata: JsonObject::parse(event.metadata)?,
    })
}
