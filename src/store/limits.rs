//! The limits on what a store accepts.

/// The limits on what a store accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest size of data and metadata of one event, in bytes. 1 MiB by default.
    pub event_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { event_bytes: 1 << 20 }
    }
}
