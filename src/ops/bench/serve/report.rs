//! Reports of the benchmark of a server.

use serde::Serialize;

use crate::ops::bench::report::Latency;

/// The outcome of the benchmark of a server.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServeReport {
    /// `serve`.
    pub what: &'static str,
    /// The number of clients that listened at the same time.
    pub clients: usize,
    /// The number of streams.
    pub streams: usize,
    /// The seconds until all clients had connected and received their first message.
    pub connect_seconds: f64,
    /// The number of clients that were disconnected.
    pub clients_lost: usize,
    /// The first failure that the server has reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_failure: Option<String>,
    /// The resident memory that an idle client costs the server, if the server is a process of this machine.
    pub idle_bytes_per_client: Option<u64>,
    /// The results of events with many listeners.
    pub fan_out: FanOutReport,
    /// The results of commands without listeners.
    pub commands: CommandsReport,
    /// The results of events with many listeners beside a client that does not read.
    pub slow_client: SlowClientReport,
    /// The peak resident memory of the server.
    pub server_peak_memory_bytes: Option<u64>,
    /// The kind of database and its place.
    pub store: String,
    /// The duration of the benchmark.
    pub seconds: f64,
}

/// The results of events that many clients receive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FanOutReport {
    /// The requested number of deliveries per second.
    pub wanted_per_second: u64,
    /// The number of events that were recorded.
    pub events: u64,
    /// The number of messages that reached clients.
    pub deliveries: u64,
    /// The number of messages per second.
    pub deliveries_per_second: f64,
    /// The number of messages that did not arrive.
    pub missing: u64,
    /// The number of messages that arrived more than once.
    pub doubled: u64,
    /// The time from sending the command to the event at a client.
    #[serde(flatten)]
    pub latency: Option<Latency>,
}

/// The results of commands that were sent at a fixed rate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommandsReport {
    /// The requested number of commands per second.
    pub wanted_per_second: u64,
    /// The number of commands that were sent.
    pub sent: u64,
    /// The number of commands that were refused.
    pub failed: u64,
    /// The number of commands without an answer.
    pub unanswered: u64,
    /// The number of applied commands per second.
    pub per_second: f64,
    /// The time from sending a command to its result.
    #[serde(flatten)]
    pub latency: Option<Latency>,
}

/// The effect of a client that does not read on the other clients, and its own end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlowClientReport {
    /// The results of the other clients.
    pub others: FanOutReport,
    /// The number of events for the slow client.
    pub events: u64,
    /// The number of events that it received at the end.
    pub heard: u64,
    /// The code with which the server closed its connection; none if it stayed open.
    pub close_code: Option<u16>,
}
