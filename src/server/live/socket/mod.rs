//! `GET /ws`: the WebSocket connection of a client.

mod close;
mod commands;
pub(in crate::server) mod connect;
mod messages;
mod outgoing;
mod session;
mod subscriptions;
