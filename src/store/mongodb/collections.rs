//! The names of the collections and indexes of a store.

/// The commits, one document for each append.
pub(crate) const COMMITS: &str = "commits";
/// The snapshots.
pub(crate) const SNAPSHOTS: &str = "snapshots";
/// The projections, one document each.
pub(crate) const PROJECTIONS: &str = "projections";
/// The rows that are committed with a checkpoint, until all are in their read model.
pub(crate) const STAGED_ROWS: &str = "staged_rows";
/// The view with one document for each event, for operators.
pub(crate) const EVENTS: &str = "events";
/// The marker that identifies a store.
pub(crate) const META: &str = "esctl_meta";
/// The records of operators, one document each.
pub(crate) const RECORDS: &str = "esctl_records";

/// The index that prevents two appends to a stream after the same version.
pub(crate) const INDEX_STREAM: &str = "stream_version";
/// The index that prevents two events with the same id.
pub(crate) const INDEX_EVENT_ID: &str = "event_id";
/// The index of the first commit of each stream: the list of streams.
pub(crate) const INDEX_NEW_STREAM: &str = "new_stream";
