//! The input of a copy of events.

use crate::event::StreamName;
use crate::event::Timestamp;
use crate::jq::JqProgram;

/// The handling of an event that appears in the source after later events of its stream were copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LatePolicy {
    /// The event and the later ones of its stream are not copied.
    Stop,
    /// The event is appended at the end of its stream.
    Append,
}

/// The input of a copy of events.
#[derive(Debug, Clone)]
pub struct CopyEvents {
    /// The place of the source, the same whatever path leads to it.
    pub from: String,
    /// The layout with which the source is read; none for a store of esctl.
    pub layout: Option<String>,
    /// The streams to copy; none: all.
    pub streams: Vec<StreamName>,
    /// The categories to copy; none: all.
    pub categories: Vec<String>,
    /// The program that changes events.
    pub transform: Option<JqProgram>,
    /// The program that changes the names of streams and types.
    pub rename: Option<JqProgram>,
    /// True to replace times that are in the future.
    pub retime: bool,
    /// The handling of late events.
    pub late: LatePolicy,
    /// True to write nothing.
    pub dry_run: bool,
    /// The present.
    pub now: Timestamp,
}

impl CopyEvents {
    /// Returns true if the events of a store of esctl stay as they are.
    pub(super) fn keeps_events(&self) -> bool {
        self.layout.is_none() && self.transform.is_none() && self.rename.is_none()
    }

    /// Returns true if all events are copied.
    pub(super) fn is_whole(&self) -> bool {
        self.streams.is_empty() && self.categories.is_empty()
    }
}
