//! The database's own limit: what a bare loop over it does, as a measure for everything built on top.

use crate::event::NewEvent;
use crate::event::StreamName;
use crate::store::backend::Answer;

/// One database without an event store on it: the statement that is best for each work, prepared, in a loop, on the same
/// database, with the same settings for durability, and nothing else. No chain, no checks, no index besides the key.
///
/// Only for scratch stores: it writes to a table of its own, `bare_events`.
pub trait Bare: Send + Sync {
    /// Inserts events, so many a commit.
    fn append(&self, events: Vec<NewEvent>, batch: usize) -> Answer<()>;

    /// Takes in all columns of all events of the store without making anything of them; how many events there are.
    fn scan(&self) -> Answer<u64>;

    /// The same with the events of one stream, in their order.
    fn read_stream(&self, stream: StreamName) -> Answer<u64>;
}
