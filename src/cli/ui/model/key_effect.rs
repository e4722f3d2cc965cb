//! The effect of a key on a page.

use crate::event::StreamName;

/// A page to open.
#[derive(Debug)]
pub(super) enum PageTarget {
    /// The events of a stream.
    Events(StreamName),
    /// A version of a stream, with the number of its last version.
    Version { stream: StreamName, version: u64, last: u64 },
}

/// The effect of a key on a page.
#[derive(Debug)]
pub(super) enum KeyEffect {
    /// No further effect.
    Stay,
    /// Opens another page behind this one.
    Open(PageTarget),
    /// The key has no meaning here.
    Unknown,
}
