//! The part of a backend that stores read models.

use crate::event::Position;
use crate::store::answer::Answer;
use crate::store::failed_event::FailedEvent;
use crate::store::read_model::ProjectionRecord;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowLoad;
use crate::store::read_model::RowQuery;
use crate::store::read_model::RowsCommit;

/// The read models of one database, with their checkpoints and failed events.
///
/// The rows, the failed events and the checkpoint of a read model change together or not at all, so each event is applied
/// once. A reader sees the rows of one commit. No method reads or changes an event.
pub trait ReadModels: Send + Sync {
    /// Returns the records of all projections that have run in this store.
    fn projections(&self) -> Answer<Vec<ProjectionRecord>>;

    /// Finds incomplete read models, and values beside the events that esctl never wrote. Returns one line for each
    /// finding.
    fn check_read_models(&self) -> Answer<Vec<String>>;

    /// Returns the rows of these keys, in the order of the keys.
    fn rows(&self, model: ReadModel, keys: Vec<String>) -> Answer<Vec<Option<String>>>;

    /// Returns rows of a read model in the order of their keys.
    fn query_rows(&self, query: RowQuery) -> Answer<Vec<(String, String)>>;

    /// Returns the number of rows of a read model.
    fn count_rows(&self, model: ReadModel) -> Answer<u64>;

    /// Returns the failed events of a read model, in the order of their positions.
    fn failed_events(&self, model: ReadModel) -> Answer<Vec<FailedEvent>>;

    /// Writes rows, failed events and checkpoint in one transaction. Creates the read model where it is missing.
    ///
    /// Returns false, and writes nothing, where the checkpoint is not the one that the caller expects, the read model had
    /// other commits since, or its rows were made by another logic version.
    fn commit_rows(&self, commit: RowsCommit) -> Answer<bool>;

    /// Begins a load. Other loads of the projection end.
    fn begin_load(&self, load: RowLoad) -> Answer<()>;

    /// Adds rows to a load, each with another key. No reader sees them. Returns false if the load has ended, which another
    /// load, a swap or a drop does.
    fn load_rows(&self, load: RowLoad, rows: Vec<(String, String)>) -> Answer<bool>;

    /// Ends a load: does the work of [`ReadModels::commit_rows`] and replaces all rows of the read model by the loaded ones,
    /// in one step. Returns false, and changes nothing, also if the load has ended.
    fn finish_load(&self, load: RowLoad, commit: RowsCommit) -> Answer<bool>;

    /// Swaps in the rebuilt read model, in one step, if its checkpoint is the one that the caller expects. The old one is
    /// kept as the previous one until the next swap.
    fn swap_read_model(&self, name: String, at: Position, indexed_fields: Vec<String>) -> Answer<bool>;

    /// Exchanges the live and the previous read model, in one step. Returns false where either is missing.
    fn exchange_read_models(&self, name: String) -> Answer<bool>;

    /// Drops a read model and its checkpoint. Returns false where there was none.
    fn drop_read_model(&self, model: ReadModel) -> Answer<bool>;
}
