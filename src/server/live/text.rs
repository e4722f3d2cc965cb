//! The text of an event for clients: a WebSocket message or a server-sent event.

use serde::Serialize;

use crate::event::EventView;
use crate::event::Version;
use crate::server::visibility::EventVisibility;
use crate::server::visibility::VisibleEvent;
use crate::store::StoreError;

/// The format of an event for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventFormat {
    /// A WebSocket message.
    Message,
    /// A server-sent event. Its id is the version, with which a client reconnects.
    ServerSent,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "event", rename_all = "camelCase")]
struct EventMessage<'a> {
    event_id: Version,
    stream: &'a str,
    data: &'a VisibleEvent,
}

/// Serializes the visible part of an event.
pub(super) fn write(format: EventFormat, event: &EventView<'_>, visibility: EventVisibility) -> Result<String, StoreError> {
    let seen = visibility.event(event)?;
    let message = || serde_json::to_string(&EventMessage { event_id: seen.version, stream: &seen.stream, data: &seen });
    let text = match format {
        EventFormat::Message => message(),
        // The JSON has no line breaks.
        EventFormat::ServerSent => serde_json::to_string(&seen).map(|json| format!("id: {}\ndata: {json}\n\n", seen.version)),
    };
    text.map_err(|error| StoreError::integrity(format!("failed to serialize event {}: {error}", event.position)))
}
