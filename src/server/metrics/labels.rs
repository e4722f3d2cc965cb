//! The labels of the numbers. Each has few values, whatever clients send.

use prometheus_client::encoding::EncodeLabelSet;

/// No label at all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Unlabelled {}

/// A category of streams.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Category {
    pub(super) category: String,
}

/// Why an append was refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Reason {
    pub(super) reason: &'static str,
}

/// A command and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Answered {
    pub(super) command: &'static str,
    pub(super) outcome: &'static str,
}

/// The way a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Way {
    pub(super) direction: &'static str,
}

/// The pattern of a route and the status it answered with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Request {
    pub(super) route: String,
    pub(super) status: u16,
}

/// A projection.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Projection {
    pub(super) projection: String,
}

/// A projection and a state that it can be in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ProjectionIn {
    pub(super) projection: String,
    pub(super) state: &'static str,
}

/// What runs here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Build {
    pub(super) version: String,
    pub(super) backend: String,
}
