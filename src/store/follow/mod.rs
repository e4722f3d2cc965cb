//! The rule by which a store of another program is followed without skipping an event.
//!
//! Programs take numbers first and commit later, or never. So a missing number is a hole that may still be filled: rows after it
//! wait until all transactions that were open then have ended. A hole that was passed is remembered and asked for again; a row
//! that comes into it is late. All this is a state machine without a database and without a clock: times are passed in.

mod follower;
mod known_rows;
mod passed_holes;
mod seen_heads;
mod sequence;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
mod token;
mod writers;

pub use follower::Follow;
pub use follower::FollowBatch;
pub use follower::FollowStart;
pub use follower::FollowWait;
pub use follower::NextBatch;
pub use known_rows::KnownRows;
pub use passed_holes::AskedHoles;
pub use sequence::Poll;
pub use sequence::Sequence;
pub use sequence::Step;
pub use sequence::WaitingAt;
pub use token::FollowToken;
pub use token::SavedSequence;
pub use writers::Writer;
pub use writers::Writers;
