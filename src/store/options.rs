//! Settings for opening a store, the same for every backend.

use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

/// The clock of this machine, or a substitute for it in tests.
pub type SystemClock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// A function that shows a warning of a store to the operator.
pub type Warn = Arc<dyn Fn(&str) + Send + Sync>;

/// The settings for opening a store. `timeout.into()` gives the defaults.
#[derive(Clone)]
pub struct OpenOptions {
    /// The longest time to connect, to wait for a lock, and to wait for one answer.
    pub timeout: Duration,
    /// True if all runtimes of the program have I/O and time enabled, as `#[tokio::main]` makes them. A program that is the
    /// only writer then appends to PostgreSQL from its own thread. In a runtime without I/O such an append panics.
    pub callers_have_io: bool,
    /// True to append although the clock was refused.
    pub accept_clock: bool,
    /// True to accept a server of another product that speaks the protocol of PostgreSQL or MongoDB.
    pub accept_server: bool,
    /// The clock that is checked before an append. It also gives the recorded time on a database without a server of its
    /// own.
    pub clock: SystemClock,
    /// The receiver of warnings; by default the log.
    pub warn: Warn,
}

impl OpenOptions {
    /// Returns settings with this timeout and defaults for the rest: the system clock, and everything else off.
    pub fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            callers_have_io: false,
            accept_clock: false,
            accept_server: false,
            clock: Arc::new(SystemTime::now),
            warn: Arc::new(|text| tracing::warn!("{text}")),
        }
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
