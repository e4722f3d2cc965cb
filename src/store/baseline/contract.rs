//! The raw database baseline of `esctl bench`: the speed of the database without an event store on it.

use crate::event::NewEvent;
use crate::event::StreamName;
use crate::event::Version;
use crate::store::answer::Answer;

/// The same database with the same durability settings, driven by the best prepared statement for each work in a loop.
/// There is no chain, there are no checks, and there is no index besides the key unless it was prepared with them.
///
/// For scratch stores only: it writes to its own tables `bare_events` and `bare_rows`.
pub trait Baseline: Send + Sync {
    /// Creates the table `bare_events` and copies the events of the store into it. With `indexed` it has the two unique
    /// indexes of the store: on event ids, and on versions of streams.
    fn prepare(&self, indexed: bool) -> Answer<()>;

    /// Inserts events, with `commit` events in each commit.
    fn append(&self, events: Vec<BaselineEvent>, commit: usize) -> Answer<()>;

    /// Reads all columns of all events of the store, with the names of their streams and types, and discards them. Returns the
    /// number of events.
    fn scan(&self) -> Answer<u64>;

    /// Inserts rows of a read model, each once, in one commit. The first part empties the table `bare_rows`.
    fn load(&self, rows: Vec<(String, String)>, first: bool) -> Answer<()>;

    /// Reads all columns of the events of one stream, in their order, and discards them. Returns the number of events.
    fn read_stream(&self, stream: StreamName) -> Answer<u64>;

    /// Returns the statement that a work runs, for display.
    fn statement(&self, work: BaselineWork) -> &'static str;
}

/// An event of the baseline, with its place.
#[derive(Debug, Clone)]
pub struct BaselineEvent {
    /// The stream.
    pub stream: StreamName,
    /// The number of the stream, for a database that refers to streams by number.
    pub number: u64,
    /// The version in the stream.
    pub version: Version,
    /// The event.
    pub event: NewEvent,
}

/// A work of the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaselineWork {
    /// One insert a commit.
    Insert,
    /// Many inserts a commit.
    InsertMany,
    /// A scan of the store.
    Scan,
    /// A read of one stream.
    ReadStream,
    /// An insert of the rows of a read model.
    Load,
}
