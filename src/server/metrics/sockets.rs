//! Metrics of WebSocket clients.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::server::metrics::labels::DirectionLabel;
use crate::server::metrics::labels::ReasonLabel;
use crate::server::metrics::registry::MetricRegistry;

/// The direction of a message, as the server sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From a client.
    In,
    /// To a client.
    Out,
}

/// The reason for which the server ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// The client accepts data too slowly.
    TooSlow,
    /// The client sends nothing, not even an answer to a ping.
    Silent,
    /// The client's token has expired.
    Expired,
    /// The client sends messages that are malformed, too large or too many.
    Unruly,
}

impl Dropped {
    const ALL: [Self; 4] = [Self::TooSlow, Self::Silent, Self::Expired, Self::Unruly];

    fn reason(self) -> ReasonLabel {
        let reason = match self {
            Self::TooSlow => "too_slow",
            Self::Silent => "silent",
            Self::Expired => "expired",
            Self::Unruly => "unruly",
        };
        ReasonLabel { reason }
    }
}

/// The metrics of WebSocket clients.
pub(super) struct SocketMetrics {
    connections: Gauge,
    received: Counter,
    sent: Counter,
    dropped: Family<ReasonLabel, Counter>,
    replayed: Counter,
}

impl SocketMetrics {
    pub(super) fn new(registry: &mut MetricRegistry) -> Self {
        let messages: Family<DirectionLabel, Counter> =
            registry.add("ws_messages", "WebSocket messages, by direction", Family::default());
        let dropped: Family<ReasonLabel, Counter> =
            registry.add("ws_dropped", "Clients that the server disconnected, by reason", Family::default());
        for reason in Dropped::ALL {
            dropped.get_or_create_owned(&reason.reason());
        }
        Self {
            connections: registry.add("ws_connections", "Connected WebSocket clients", Gauge::default()),
            // Kept outside of the family, because a look-up for each message would be slow.
            received: messages.get_or_create_owned(&DirectionLabel { direction: "in" }),
            sent: messages.get_or_create_owned(&DirectionLabel { direction: "out" }),
            dropped,
            replayed: registry.add("ws_replayed_events", "Missed events that were sent again to clients", Counter::default()),
        }
    }

    pub(super) fn connect(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }

    pub(super) fn count(&self, direction: Direction, messages: u64) {
        match direction {
            Direction::In => self.received.inc_by(messages),
            Direction::Out => self.sent.inc_by(messages),
        };
    }

    pub(super) fn count_dropped(&self, reason: Dropped) {
        self.dropped.get_or_create(&reason.reason()).inc();
    }

    pub(super) fn count_replayed(&self, events: u64) {
        self.replayed.inc_by(events);
    }
}

/// A connected client. Counted until it is dropped.
pub struct Connected(Gauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}
