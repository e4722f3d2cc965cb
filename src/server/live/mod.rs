//! Live events for WebSocket and SSE clients, over one follower of the store.
//!
//! The `follower` reads new events. The `hub` publishes each event to the `topic` of its stream. A `subscription`
//! delivers each event to its client once and in order: from the topic, or from the store if it was missed. `text`
//! serializes the visible part of the event. `socket` and `sse` send it.

mod event;
mod follower;
mod hub;
mod live_events;
pub(in crate::server) mod socket;
mod sse;
mod state;
mod subscription;
#[cfg(test)]
mod tests;
mod text;
mod topic;

pub(in crate::server) use live_events::ClientSlot;
pub use live_events::LiveEvents;
pub(in crate::server) use sse::event_stream;
pub(in crate::server) use sse::expires;
pub(in crate::server) use sse::last_event_id;
pub(in crate::server) use sse::problem_text;
pub use sse::stream_events;
pub use sse::wants_stream;
