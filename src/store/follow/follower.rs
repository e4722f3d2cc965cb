//! The interface of a follower: new events in batches, and a token with which another process goes on.

use std::pin::Pin;
use std::time::Duration;

use crate::event::EventChunk;
use crate::event::Timestamp;
use crate::store::error::StoreError;

/// The pending next batch. Dropped, it has handed out nothing.
pub type NextBatch<'a> = Pin<Box<dyn Future<Output = Result<FollowBatch, StoreError>> + Send + 'a>>;

/// A follower of a store of another program.
pub trait Follow: Send {
    /// Asks the store once. After an error the same call goes on from the last batch.
    fn next(&mut self, now: Timestamp) -> NextBatch<'_>;

    /// Returns the place after the last batch, as one line of text. A follower that starts with it misses no event and hands out
    /// none twice, if the text was saved together with the effect of the batch.
    fn token(&self) -> String;
}

/// The events of one poll.
#[derive(Debug, Default)]
pub struct FollowBatch {
    /// The events. `source.late` is true for late ones.
    pub events: EventChunk,
    /// The number of late events, which come first: their places had been passed.
    pub late: usize,
    /// The pause before the next poll; zero if there is more.
    pub pause: Duration,
    /// The hole at which further events wait.
    pub waiting: Option<FollowWait>,
    /// Facts that the caller shows once, such as the limits of a standby.
    pub notes: Vec<String>,
}

/// A hole at which events wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowWait {
    /// The hole in words: "position 17", "versions 3 to 5 of stream a".
    pub at: String,
    /// The time since when events wait.
    pub since: Timestamp,
    /// The transactions for which they wait, in words; none where the database does not name them.
    pub writers: Vec<String>,
}

/// The place at which a follower starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FollowStart {
    /// After a position or version; 0 for the beginning.
    After {
        /// The position or version.
        place: u64,
        /// The last place whose events were there before: up to here, holes are not waited for.
        existing: u64,
    },
    /// After all events that are there now.
    Now,
    /// After the last batch of another follower.
    Token(String),
}
