//! The state of a read model.

use uuid::Uuid;

use crate::event::Timestamp;
use crate::store::failed_event::FailedEvent;
use crate::store::read_model::Checkpoint;

/// The state of a read model in the document of its projection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReadModelState {
    /// The collection of its rows.
    pub(crate) collection: String,
    /// The number of its last commit.
    pub(crate) number: i64,
    /// The staged rows of its last commit, until all are in the collection.
    pub(crate) pending: Option<Uuid>,
    /// The logic version that made its rows.
    pub(crate) logic_version: u32,
    /// The checkpoint.
    pub(crate) checkpoint: Checkpoint,
    /// The time of the last commit.
    pub(crate) updated_at: Timestamp,
    /// True if there are large rows, which are compared by their texts.
    pub(crate) large: bool,
    /// True if rows have been written, so that the collection must exist; `None` where an older program did not record
    /// that.
    pub(crate) written: Option<bool>,
    /// The failed events in the order of their positions. They are here so that they change together with the checkpoint.
    pub(crate) failed_events: Vec<FailedEvent>,
}
