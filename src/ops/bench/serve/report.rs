//! What the benchmark of a server reports.

use serde::Serialize;

use crate::ops::bench::Latency;

/// What a server has carried.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServeReport {
    /// `serve`.
    pub what: &'static str,
    /// Clients that listened at the same time.
    pub clients: usize,
    /// Streams they listened to.
    pub streams: usize,
    /// How long all took to connect and have their first message.
    pub connect_seconds: f64,
    /// Clients that were disconnected.
    pub clients_lost: usize,
    /// What the server said when it first refused something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_failure: Option<String>,
    /// What a client that only listens costs the server in resident memory, where the server is a process of this machine.
    pub idle_bytes_per_client: Option<u64>,
    /// Events to many.
    pub fan_out: FanOutReport,
    /// Commands that nobody else hears of.
    pub commands: CommandsReport,
    /// Events to many beside a client that takes none.
    pub slow_client: SlowClientReport,
    /// The most resident memory of the server.
    pub server_peak_memory_bytes: Option<u64>,
    /// The kind of database and where it was.
    pub store: String,
    /// How long all of it took.
    pub seconds: f64,
}

/// Events that reach many clients.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FanOutReport {
    /// Deliveries that were asked for.
    pub wanted_per_second: u64,
    /// Events that were recorded.
    pub events: u64,
    /// Messages in which they reached clients.
    pub deliveries: u64,
    /// Those in a second.
    pub deliveries_per_second: f64,
    /// Messages that did not come.
    pub missing: u64,
    /// Messages that came too often.
    pub doubled: u64,
    /// From sending the command to the event at a client.
    #[serde(flatten)]
    pub latency: Option<Latency>,
}

/// Commands, sent at a rate whether they are answered or not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommandsReport {
    /// Commands that were to be sent.
    pub wanted_per_second: u64,
    /// Commands that were sent.
    pub sent: u64,
    /// Those that were refused.
    pub failed: u64,
    /// Those without an answer.
    pub unanswered: u64,
    /// Those that were done, in a second.
    pub per_second: f64,
    /// From sending a command to its result.
    #[serde(flatten)]
    pub latency: Option<Latency>,
}

/// What a client that takes nothing costs the others, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlowClientReport {
    /// What the others heard meanwhile.
    pub others: FanOutReport,
    /// Events that were for the slow one.
    pub events: u64,
    /// Those that it found when it looked at last.
    pub heard: u64,
    /// With which code the server has ended its connection; none when it has not.
    pub close_code: Option<u16>,
}
