//! The numbers of clients that are connected for longer than a request: WebSocket.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::server::metrics::Metrics;
use crate::server::metrics::labels::Reason;
use crate::server::metrics::labels::Way;
use crate::server::metrics::numbers::Names;

/// The way a message goes, as the server sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From a client.
    In,
    /// To a client.
    Out,
}

/// Why the server ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// The client does not take what it is sent.
    TooSlow,
    /// The client says nothing, not even to a ping.
    Silent,
    /// The client's token has run out.
    Expired,
    /// The client sends what is too large, too much, or no message.
    Unruly,
}

impl Dropped {
    const ALL: [Self; 4] = [Self::TooSlow, Self::Silent, Self::Expired, Self::Unruly];

    fn reason(self) -> Reason {
        let reason = match self {
            Self::TooSlow => "too_slow",
            Self::Silent => "silent",
            Self::Expired => "expired",
            Self::Unruly => "unruly",
        };
        Reason { reason }
    }
}

/// The numbers.
pub(super) struct Sockets {
    connections: Gauge,
    received: Counter,
    sent: Counter,
    dropped: Family<Reason, Counter>,
    replayed: Counter,
}

impl Sockets {
    pub(super) fn new(names: &mut Names) -> Self {
        let messages: Family<Way, Counter> =
            names.add("ws_messages", "Messages on WebSockets, by the way they go", Family::default());
        let dropped: Family<Reason, Counter> =
            names.add("ws_dropped", "Clients that were disconnected, by the reason", Family::default());
        for reason in Dropped::ALL {
            dropped.get_or_create_owned(&reason.reason());
        }
        Self {
            connections: names.add("ws_connections", "Clients connected by WebSocket", Gauge::default()),
            // Kept outside of the family: there are many messages, and a look-up for each would be felt.
            received: messages.get_or_create_owned(&Way { direction: "in" }),
            sent: messages.get_or_create_owned(&Way { direction: "out" }),
            dropped,
            replayed: names.add("ws_replayed_events", "Events that clients had missed and were sent again", Counter::default()),
        }
    }
}

/// A client that is counted as connected until this is dropped.
pub struct Connected(Gauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// A client has connected by WebSocket.
    pub fn connected(&self) -> Connected {
        let connections = self.0.numbers.sockets.connections.clone();
        connections.inc();
        Connected(connections)
    }

    /// So many messages went over a WebSocket.
    pub fn messages(&self, direction: Direction, count: u64) {
        match direction {
            Direction::In => self.0.numbers.sockets.received.inc_by(count),
            Direction::Out => self.0.numbers.sockets.sent.inc_by(count),
        };
    }

    /// A client was disconnected.
    pub fn dropped(&self, why: Dropped) {
        self.0.numbers.sockets.dropped.get_or_create(&why.reason()).inc();
    }

    /// A client was sent so many events that it had missed.
    pub fn resent(&self, events: u64) {
        self.0.numbers.sockets.replayed.inc_by(events);
    }
}
