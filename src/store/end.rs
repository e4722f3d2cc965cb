//! The end of a store: the recorded head and the last event. The two must agree.

use crate::event::Position;
use crate::store::error::StoreError;
use crate::store::head::Head;

/// The recorded head of a store and its last event, as of one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreEnd {
    /// The recorded head, on which the next event follows.
    pub head: Head,
    /// The last stored event.
    pub last: Head,
}

impl StoreEnd {
    /// Describes the difference between the head and the last event, if there is one.
    pub fn difference(&self) -> Option<String> {
        let Self { head, last } = self;
        if head == last {
            return None;
        }
        Some(if head.position != last.position {
            let cause = if head.position > last.position { "events have been removed" } else { "events were added behind it" };
            format!(
                "the head of the store is at position {}, the last event at position {}: {cause}",
                head.position, last.position
            )
        } else if head.hash != last.hash {
            format!(
                "the head of the store has hash {}, the last event at position {} has {}",
                head.hash, last.position, last.hash
            )
        } else {
            let (recorded, time) = (head.recorded_at, last.recorded_at);
            format!("the head of the store has time {recorded}, the last event at position {} has {time}", last.position)
        })
    }

    /// Returns the head.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when the last event is not the recorded head.
    pub fn agreed(self) -> Result<Head, StoreError> {
        match self.difference() {
            Some(difference) => Err(StoreError::integrity(difference)),
            None => Ok(self.head),
        }
    }
}

/// Returns the error for an event that is stored after the head: no append of esctl has written it there.
pub(crate) fn behind_the_head(position: Position, head: Position) -> StoreError {
    StoreError::integrity(format!(
        "an event is at position {position}, the head of the store is at position {head}: the event was added behind it, or the head was moved"
    ))
}
