//! The raw database baseline of `esctl bench`: the speed of the database without an event store on it.

use crate::event::NewEvent;
use crate::event::StreamName;
use crate::store::answer::Answer;

/// The same database with the same durability settings, driven by the best prepared statement for each work in a loop.
/// There is no chain, there are no checks, and there is no index besides the key.
///
/// For scratch stores only: it writes to its own tables `bare_events` and `bare_rows`.
pub trait Baseline: Send + Sync {
    /// Inserts events, with `batch` events in each commit.
    fn append(&self, events: Vec<NewEvent>, batch: usize) -> Answer<()>;

    /// Reads all columns of all events of the store, with the names of their streams and types, and discards them. Returns the number of events.
    fn scan(&self) -> Answer<u64>;

    /// Inserts rows of a read model, each once, in one commit. The first part empties the table `bare_rows`.
    fn load(&self, rows: Vec<(String, String)>, first: bool) -> Answer<()>;

    /// Reads all columns of the events of one stream, in their order, and discards them. Returns the number of events.
    fn read_stream(&self, stream: StreamName) -> Answer<u64>;
}
