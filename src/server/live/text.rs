//! How a client is told of an event: as a message on a WebSocket, or as one of server-sent events.

use serde::Serialize;

use crate::event::EventView;
use crate::event::Version;
use crate::server::sight::EventSight;
use crate::server::sight::SeenEvent;
use crate::store::StoreError;

/// How a client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A message on a WebSocket.
    Message,
    /// A server-sent event, with its version as the id that a client comes back with.
    ServerSent,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "event", rename_all = "camelCase")]
struct Message<'a> {
    event_id: Version,
    stream: &'a str,
    data: &'a SeenEvent,
}

/// An event as it is sent to whoever sees it so.
pub(super) fn write(form: Form, event: &EventView<'_>, sight: EventSight) -> Result<String, StoreError> {
    let seen = sight.event(event)?;
    let message = || serde_json::to_string(&Message { event_id: seen.version, stream: &seen.stream, data: &seen });
    let text = match form {
        Form::Message => message(),
        // JSON as it is written here has no line breaks.
        Form::ServerSent => serde_json::to_string(&seen).map(|json| format!("id: {}\ndata: {json}\n\n", seen.version)),
    };
    text.map_err(|error| StoreError::integrity(format!("event {} cannot be written: {error}", event.position)))
}
