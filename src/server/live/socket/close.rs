//! Why a connection ends, and how the client is told: the close codes.

use std::time::Duration;

use axum::extract::ws::CloseFrame;
use axum::extract::ws::Message;

use crate::server::Problem;
use crate::server::metrics::Dropped;

/// Only text is understood.
pub const NOT_TEXT: u16 = 1003;
/// What the client wants cannot be, or it wants too much too often. It would be the same again.
pub const REFUSED: u16 = 1008;
/// A message is larger than the server takes, or than it can send.
pub const TOO_LARGE: u16 = 1009;
/// The server stops: come back, to any instance, with `lastEventId`.
pub const RESTART: u16 = 1012;
/// Not now: the store is away.
pub const TRY_AGAIN: u16 = 1013;
/// The token is over: come back with a new one and `lastEventId`.
pub const EXPIRED: u16 = 4001;
/// Nothing was heard of the client, not even an answer to a ping.
pub const SILENT: u16 = 4002;
/// The client takes what it is sent too slowly: come back with `lastEventId`.
pub const TOO_SLOW: u16 = 4008;

/// Why a connection ends.
#[derive(Debug)]
pub(super) enum End {
    /// It was cut.
    Gone,
    /// The client has said that it leaves.
    Left,
    /// The server stops.
    Restart,
    /// The client takes too little.
    TooSlow,
    /// The client says nothing.
    Silent,
    /// Its token is over.
    Expired,
    /// A message is too large.
    TooLarge(usize),
    /// What the client is to be told is larger than can wait for it.
    TooLargeToTell(usize),
    /// A message is no text.
    NotText,
    /// What it has connected for cannot be.
    Refused(Problem),
    /// It sends too much, and does not stop.
    Flood,
}

impl End {
    /// What is said last, before the close; nothing where nobody listens any more.
    pub(super) fn problem(&self) -> Option<Problem> {
        let come_back = "connect again with lastEventId";
        Some(match self {
            Self::Gone | Self::Left => return None,
            Self::Restart => Problem::stopping().hint(come_back),
            Self::TooSlow => {
                let message = "events come faster than this client takes them";
                Problem::unavailable("too_slow", message).hint(come_back)
            }
            Self::Silent => Problem::unavailable("silent", "nothing was heard of this client").hint(come_back),
            Self::Expired => {
                Problem::unauthorized("token_expired", "the token is over").hint("connect again with a new one and lastEventId")
            }
            Self::TooLarge(limit) => Problem::too_large("a message", *limit),
            Self::TooLargeToTell(limit) => Problem::too_large("what comes next", *limit)
                .hint("ask for it by HTTP: GET /api/streams/STREAM/events, or …/state"),
            Self::NotText => Problem::bad_request("bad_message", "a message is text, not binary"),
            Self::Refused(problem) => problem.clone(),
            Self::Flood => Problem::too_often(Duration::from_secs(1)),
        })
    }

    /// The close frame.
    pub(super) fn frame(&self) -> Option<Message> {
        let (code, reason) = match self {
            Self::Gone | Self::Left => return None,
            Self::Restart => (RESTART, "stopping: connect again with lastEventId"),
            Self::TooSlow => (TOO_SLOW, "too slow: connect again with lastEventId"),
            Self::Silent => (SILENT, "silent: connect again with lastEventId"),
            Self::Expired => (EXPIRED, "the token is over"),
            Self::TooLarge(_) => (TOO_LARGE, "a message is too large"),
            Self::TooLargeToTell(_) => (TOO_LARGE, "what comes next is too large to be sent"),
            Self::NotText => (NOT_TEXT, "a message is text"),
            Self::Refused(problem) if problem.status.is_server_error() => (TRY_AGAIN, "not now"),
            Self::Refused(_) => (REFUSED, "refused"),
            Self::Flood => (REFUSED, "too many messages"),
        };
        Some(Message::Close(Some(CloseFrame { code, reason: reason.into() })))
    }

    /// How it is counted, where the server has ended it.
    pub(super) fn dropped(&self) -> Option<Dropped> {
        Some(match self {
            // Nor is it the client's doing what others write.
            Self::Gone | Self::Left | Self::Restart | Self::TooLargeToTell(_) => return None,
            Self::TooSlow => Dropped::TooSlow,
            Self::Silent => Dropped::Silent,
            Self::Expired => Dropped::Expired,
            Self::TooLarge(_) | Self::NotText | Self::Refused(_) | Self::Flood => Dropped::Unruly,
        })
    }
}
