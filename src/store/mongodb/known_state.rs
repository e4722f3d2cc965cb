//! The state of the store that a process remembers between appends.

use std::collections::HashMap;

use tokio::time::Instant;

use crate::event::StreamName;
use crate::event::Version;
use crate::store::head::Head;

/// The state of the store that a process remembers.
pub(crate) struct KnownState {
    /// The last event.
    pub(crate) head: Head,
    /// The position of the first event of the last commit; 0 where there is none.
    pub(crate) commit: i64,
    /// The versions of streams.
    pub(crate) streams: HashMap<StreamName, Version>,
    /// The time at which the state was current.
    pub(crate) seen: Instant,
}
