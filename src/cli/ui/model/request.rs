//! The requests of pages, and the answers.

use crate::event::StreamName;
use crate::event::Version;
use crate::ops::ListPage;
use crate::ops::browse::BrowseEvents;
use crate::ops::browse::EventLines;
use crate::ops::browse::StateReport;
use crate::ops::projections::status::ProjectionStatus;
use crate::store::StreamInfo;

/// A request of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli::ui) enum PageRequest {
    /// Streams with a prefix, after a name.
    Streams { prefix: String, after: Option<String> },
    /// Events of a stream or of all.
    Events(BrowseEvents),
    /// The state at a version of a stream.
    State(StreamName, Version),
    /// The progress of the projections.
    Projections,
}

/// The answer to a request.
#[derive(Debug, Clone)]
pub(in crate::cli::ui) enum PageReply {
    Streams(ListPage<StreamInfo>),
    Events(EventLines),
    State(Box<StateReport>),
    Projections(Vec<ProjectionStatus>),
}
