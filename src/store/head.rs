//! The head of a store.

use crate::event::Hash;
use crate::event::Position;
use crate::event::Timestamp;

/// The last event of a store, on which the next event follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The position of the event; 0 where there are no events.
    pub position: Position,
    /// The time at which the event was recorded.
    pub recorded_at: Timestamp,
    /// The hash of the event in the chain.
    pub hash: Hash,
}
