//! The reasons for which a WebSocket connection ends, and their close codes.

use std::time::Duration;

use axum::extract::ws::CloseFrame;
use axum::extract::ws::Message;

use crate::server::HttpProblem;
use crate::server::metrics::Dropped;

/// The client has sent a message that is not text.
pub const NOT_TEXT: u16 = 1003;
/// The request is invalid or the client sends too much. Reconnecting does not help.
pub const REFUSED: u16 = 1008;
/// A message exceeds a size limit.
pub const TOO_LARGE: u16 = 1009;
/// The server is stopping. Reconnect to any instance with `lastEventId`.
pub const RESTART: u16 = 1012;
/// The store is unavailable.
pub const TRY_AGAIN: u16 = 1013;
/// The token has expired. Reconnect with a new token and `lastEventId`.
pub const EXPIRED: u16 = 4001;
/// The client has sent nothing, not even an answer to a ping.
pub const SILENT: u16 = 4002;
/// The client reads too slowly. Reconnect with `lastEventId`.
pub const TOO_SLOW: u16 = 4008;

/// The reason for which a connection ends.
#[derive(Debug)]
pub(super) enum CloseReason {
    /// The connection was cut.
    Gone,
    /// The client has closed the connection.
    Left,
    /// The server is stopping.
    Restart,
    /// The client reads too slowly.
    TooSlow,
    /// The client sends nothing.
    Silent,
    /// The client's token has expired.
    Expired,
    /// A message of the client is too large.
    TooLarge(usize),
    /// A message to the client exceeds the send buffer.
    TooLargeToSend(usize),
    /// A message is not text.
    NotText,
    /// The request that opened the connection is invalid.
    Refused(HttpProblem),
    /// The client keeps exceeding its rate.
    Flood,
}

impl CloseReason {
    /// Returns the error that is sent before the close frame; `None` if the client is gone.
    pub(super) fn problem(&self) -> Option<HttpProblem> {
        let reconnect = "reconnect with lastEventId";
        Some(match self {
            Self::Gone | Self::Left => return None,
            Self::Restart => HttpProblem::stopping().hint(reconnect),
            Self::TooSlow => {
                let message = "the client reads events too slowly";
                HttpProblem::unavailable("too_slow", message).hint(reconnect)
            }
            Self::Silent => HttpProblem::unavailable("silent", "the client did not answer a ping").hint(reconnect),
            Self::Expired => {
                HttpProblem::unauthorized("token_expired", "token expired").hint("reconnect with a new token and lastEventId")
            }
            Self::TooLarge(limit) => HttpProblem::too_large("message", *limit),
            Self::TooLargeToSend(limit) => {
                HttpProblem::too_large("next message", *limit).hint("read it by HTTP: GET /api/streams/STREAM/events, or …/state")
            }
            Self::NotText => HttpProblem::bad_request("bad_message", "message is binary, expected text"),
            Self::Refused(problem) => problem.clone(),
            Self::Flood => HttpProblem::too_often(Duration::from_secs(1)),
        })
    }

    /// Returns the close frame.
    pub(super) fn frame(&self) -> Option<Message> {
        let (code, reason) = match self {
            Self::Gone | Self::Left => return None,
            Self::Restart => (RESTART, "stopping: reconnect with lastEventId"),
            Self::TooSlow => (TOO_SLOW, "too slow: reconnect with lastEventId"),
            Self::Silent => (SILENT, "silent: reconnect with lastEventId"),
            Self::Expired => (EXPIRED, "token expired"),
            Self::TooLarge(_) => (TOO_LARGE, "message too large"),
            Self::TooLargeToSend(_) => (TOO_LARGE, "next message too large to send"),
            Self::NotText => (NOT_TEXT, "message is not text"),
            Self::Refused(problem) if problem.status.is_server_error() => (TRY_AGAIN, "unavailable"),
            Self::Refused(_) => (REFUSED, "refused"),
            Self::Flood => (REFUSED, "too many messages"),
        };
        Some(Message::Close(Some(CloseFrame { code, reason: reason.into() })))
    }

    /// Returns the label of the metric, if the server has ended the connection.
    pub(super) fn dropped(&self) -> Option<Dropped> {
        Some(match self {
            // The size of other clients' events is not the fault of this client.
            Self::Gone | Self::Left | Self::Restart | Self::TooLargeToSend(_) => return None,
            Self::TooSlow => Dropped::TooSlow,
            Self::Silent => Dropped::Silent,
            Self::Expired => Dropped::Expired,
            Self::TooLarge(_) | Self::NotText | Self::Refused(_) | Self::Flood => Dropped::Unruly,
        })
    }
}
