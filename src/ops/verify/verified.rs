//! The report of a comparison of one stream with everything that is kept of it.

use serde::Serialize;

use crate::event::Position;
use crate::event::Version;
use crate::ops::verify::comparison::Difference;
use crate::runtime::PassedOver;

/// The outcome of comparing a stream with its snapshots and rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Verified {
    /// True if there are no differences.
    pub ok: bool,
    /// The read model whose row was compared.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub read_model: Option<ReadModelCompared>,
    /// The stored projections whose rows were compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub projections: Vec<ProjectionCompared>,
    /// The number of snapshots that were compared.
    pub snapshots_compared: u64,
    /// Snapshots that another version of the reducer made. They are neither compared nor used.
    pub passed_over: Vec<PassedOver>,
    /// The differences.
    pub differences: Vec<Difference>,
}

/// A read model whose row was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ReadModelCompared {
    /// The name of the projection.
    pub name: String,
    /// The position that the read model has reached. Later events are not in it yet, which is no difference.
    pub position: Position,
    /// The version of the stream that the row shows.
    pub version: Version,
    /// True if there is a row. A stream that is newer than the read model has none yet.
    #[serde(skip)]
    pub has_row: bool,
}

/// A stored projection whose rows were compared: those that get events of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ProjectionCompared {
    /// The name of the projection.
    pub name: String,
    /// The position that the read model has reached. Later events are not in it yet, which is no difference.
    pub position: Position,
    /// The number of rows that were compared.
    pub rows: u64,
}

impl Verified {
    /// Adds differences that were found elsewhere.
    pub(in crate::ops) fn add(&mut self, differences: impl IntoIterator<Item = Difference>) {
        self.differences.extend(differences);
        self.ok = self.differences.is_empty();
    }
}
