//! Who writes, why, and how: what goes with every write.

use std::time::Duration;

use crate::event::Version;

/// How long a command is retried after conflicts with other programs, unless told otherwise.
pub const DEFAULT_RETRY_FOR: Duration = Duration::from_secs(2);

/// Who writes, why, and how.
///
/// ```
/// use esctl::runtime::WriteOptions;
/// use esctl::event::Version;
/// let options = WriteOptions::by("ann").expecting(Version(3)).keyed("order-17");
/// assert_eq!((options.client_id.as_str(), options.retry_for.as_secs()), ("ann", 2));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Who is asking; recorded with every event.
    pub client_id: String,
    /// What it belongs to; the id of its first event unless told.
    pub correlation_id: Option<String>,
    /// What caused it, where known.
    pub causation_id: Option<String>,
    /// The same key twice changes nothing the second time.
    pub idempotency_key: Option<String>,
    /// Where the stream must be; otherwise wherever it is.
    pub expected: Option<Version>,
    /// How long to load and decide again after conflicts with other programs; zero: not at all.
    pub retry_for: Duration,
    /// Maximum number of times to load and decide again; `None`: as often as `retry_for` allows.
    pub retries: Option<u32>,
    /// Only say what would happen.
    pub dry_run: bool,
}

impl WriteOptions {
    /// What a client writes, with retries for 2 seconds after a conflict.
    pub fn by(client_id: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), retry_for: DEFAULT_RETRY_FOR, ..Self::default() }
    }

    /// The same, only where the stream is at this version; else it is a conflict.
    #[must_use]
    pub fn expecting(mut self, version: Version) -> Self {
        self.expected = Some(version);
        self
    }

    /// The same under an idempotency key: sent twice it counts once.
    #[must_use]
    pub fn keyed(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Returns the same options with the id that the events belong to.
    #[must_use]
    pub fn correlated(mut self, id: impl Into<String>) -> Self {
        self.correlation_id = Some(id.into());
        self
    }

    /// Returns the same options with the id of the event that causes the write.
    #[must_use]
    pub fn caused_by(mut self, id: impl Into<String>) -> Self {
        self.causation_id = Some(id.into());
        self
    }

    /// Returns the same options with another time for retries after conflicts; zero: no retries.
    #[must_use]
    pub fn retrying_for(mut self, duration: Duration) -> Self {
        self.retry_for = duration;
        self
    }

    /// Returns the same options with a maximum number of retries.
    #[must_use]
    pub fn retrying_at_most(mut self, retries: u32) -> Self {
        self.retries = Some(retries);
        self
    }

    /// Returns the options of a rehearsal: nothing is written.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }
}

impl From<String> for WriteOptions {
    fn from(client_id: String) -> Self {
        Self::by(client_id)
    }
}

impl From<&str> for WriteOptions {
    fn from(client_id: &str) -> Self {
        Self::by(client_id)
    }
}
