//! What a page asks of the store, and what comes back.

use crate::event::StreamName;
use crate::event::Version;
use crate::ops::ListPage;
use crate::ops::browse::BrowseEvents;
use crate::ops::browse::EventLines;
use crate::ops::browse::StateReport;
use crate::ops::projections::status::ProjectionStatus;
use crate::store::StreamInfo;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli::ui) enum Request {
    /// Streams whose names start with this, after one.
    Streams { prefix: String, after: Option<String> },
    /// Events of a stream or of all.
    Events(BrowseEvents),
    /// One version of a stream.
    State(StreamName, Version),
    /// How far the projections are.
    Projections,
}

/// An answer.
#[derive(Debug, Clone)]
pub(in crate::cli::ui) enum Reply {
    Streams(ListPage<StreamInfo>),
    Events(EventLines),
    State(Box<StateReport>),
    Projections(Vec<ProjectionStatus>),
}
