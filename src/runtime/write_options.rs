//! The options of a write: client, correlation, expected version and retries.

use std::time::Duration;

use crate::event::Version;

/// Default time for which a command is retried after conflicts with other programs.
pub const DEFAULT_RETRY_FOR: Duration = Duration::from_secs(2);

/// The options of a write.
///
/// ```
/// use esctl::runtime::WriteOptions;
/// use esctl::event::Version;
/// let options = WriteOptions::by("ann").expecting(Version(3)).keyed("order-17");
/// assert_eq!((options.client_id.as_str(), options.retry_for.as_secs()), ("ann", 2));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// The client, recorded with every event.
    pub client_id: String,
    /// The correlation id. Default: the id of the first event.
    pub correlation_id: Option<String>,
    /// The causation id: the event or command that led to this write.
    pub causation_id: Option<String>,
    /// The idempotency key. A repeated command with the same key is applied once.
    pub idempotency_key: Option<String>,
    /// The expected version. `None` accepts any version.
    pub expected: Option<Version>,
    /// Time for retries after conflicts with other programs. Zero disables retries.
    pub retry_for: Duration,
    /// Maximum number of retries. `None`: limited by `retry_for` only.
    pub retries: Option<u32>,
    /// Set to return the outcome without writing.
    pub dry_run: bool,
    /// Set to return the state before the write as well.
    pub with_before: bool,
}

impl WriteOptions {
    /// Returns the options of a client, with retries for 2 seconds after a conflict.
    pub fn by(client_id: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), retry_for: DEFAULT_RETRY_FOR, ..Self::default() }
    }

    /// Returns the same options with an expected version. At any other version the write is a conflict.
    #[must_use]
    pub fn expecting(mut self, version: Version) -> Self {
        self.expected = Some(version);
        self
    }

    /// Returns the same options with an idempotency key. A repeated command is applied once.
    #[must_use]
    pub fn keyed(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Returns the same options with a correlation id.
    #[must_use]
    pub fn correlated(mut self, id: impl Into<String>) -> Self {
        self.correlation_id = Some(id.into());
        self
    }

    /// Returns the same options with a causation id.
    #[must_use]
    pub fn caused_by(mut self, id: impl Into<String>) -> Self {
        self.causation_id = Some(id.into());
        self
    }

    /// Returns the same options with another time for retries after conflicts. Zero disables retries.
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

    /// Returns the same options for a dry run, which writes nothing.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Returns the same options with the state before the write in the outcome.
    #[must_use]
    pub fn with_before(mut self) -> Self {
        self.with_before = true;
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
