//! The settings of the benchmark of a server.

use std::time::Duration;

/// Maximum time to wait for messages at the end of a part.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(5);

/// The input of a benchmark of a server.
#[derive(Debug, Clone, PartialEq)]
pub struct ServeBench {
    /// The number of clients that listen.
    pub clients: usize,
    /// The number of streams. Each client listens to one.
    pub streams: usize,
    /// The number of events per second that reach clients, over all clients.
    pub fan_out: u64,
    /// The number of commands per second to streams without listeners.
    pub rate: u64,
    /// The duration of each part in seconds.
    pub seconds: u64,
    /// A name that distinguishes the resources of this run from others on the same server.
    pub name: String,
}

impl ServeBench {
    /// The number of parts whose seconds `progress` counts.
    pub const PARTS: u64 = 3;
}
