//! The database's own limit: what a bare loop over it does, as a measure for everything built on top.

use crate::event::NewEvent;
use crate::store::backend::Answer;

/// One database without an event store on it: one prepared statement in a loop, on the same files, with the
/// same settings for durability, and nothing else. No chain, no checks, no index besides the key.
///
/// Only for scratch stores: it writes to a table of its own, `bare_events`.
pub trait Bare: Send + Sync {
    /// Inserts events, so many a commit.
    fn append(&self, events: Vec<NewEvent>, batch: usize) -> Answer<()>;

    /// Steps through all columns of all events of the store without making anything of them; how many events there are.
    fn scan(&self) -> Answer<u64>;
}
