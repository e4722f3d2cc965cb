//! Settings for opening a store, the same for every backend.

use std::time::Duration;

/// Settings for opening a store. `timeout.into()` gives the default ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOptions {
    /// The longest time to connect, to wait for a lock, and to wait for one answer.
    pub timeout: Duration,
    /// All runtimes of the program have I/O and time enabled, as `#[tokio::main]` makes them. A program that is the only
    /// writer then appends to PostgreSQL from its own thread. In a runtime without I/O an append panics.
    pub callers_have_io: bool,
    /// Append although the clock was refused.
    pub accept_clock: bool,
    /// Work with a server of another product that speaks the protocol of PostgreSQL or MongoDB.
    pub accept_server: bool,
}

impl OpenOptions {
    /// Returns settings with this timeout; everything else is off.
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, callers_have_io: false, accept_clock: false, accept_server: false }
    }

    /// Sets [`OpenOptions::callers_have_io`].
    #[must_use]
    pub fn with_io(self) -> Self {
        Self { callers_have_io: true, ..self }
    }
}

impl From<Duration> for OpenOptions {
    fn from(timeout: Duration) -> Self {
        Self::new(timeout)
    }
}
