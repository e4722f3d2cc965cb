//! The newest event that a process knows of its store. A store that lacks it was replaced.

use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::event::EventChunk;
use crate::event::Hash;
use crate::event::Position;
use crate::store::append::BackendAnswer;
use crate::store::error::StoreError;
use crate::store::head::Head;

/// An event that a process has read or appended. Its hash covers every event before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastSeen {
    /// The position of the event.
    pub position: Position,
    /// The hash of the event in the chain.
    pub hash: Hash,
}

impl LastSeen {
    /// Compares the event with the last event of a store. Returns `None` where the store has more events, so the position
    /// must be looked up.
    pub fn is_in(self, head: Head) -> Option<bool> {
        (head.position <= self.position).then(|| (head.position, head.hash) == (self.position, self.hash))
    }

    /// Returns the error for a store that lacks this event.
    pub fn not_in(self, place: &str) -> StoreError {
        let position = self.position;
        StoreError::Replaced(format!(
            "the event store at {place} was replaced: it lacks the event at position {position} that this process has seen"
        ))
    }
}

/// The newest event that a process has seen in its store, and the error once the store was replaced.
#[derive(Default)]
pub(crate) struct Identity(Mutex<IdentityState>);

#[derive(Default)]
struct IdentityState {
    last_seen: Option<LastSeen>,
    replaced: Option<StoreError>,
}

impl Identity {
    fn known(&self) -> MutexGuard<'_, IdentityState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the newest event seen. Call it before the store is asked: an event seen meanwhile may be newer than the
    /// answer.
    pub(crate) fn last_seen(&self) -> Option<LastSeen> {
        self.known().last_seen
    }

    /// Remembers an event if it is newer than the one remembered.
    fn note(&self, position: Position, hash: Hash) {
        let mut known = self.known();
        if position > known.last_seen.map_or(Position::ZERO, |seen| seen.position) {
            known.last_seen = Some(LastSeen { position, hash });
        }
    }

    /// Remembers the last event of the store, which is the right one.
    pub(crate) fn note_head(&self, head: Head) {
        self.known().replaced = None;
        self.note(head.position, head.hash);
    }

    /// Remembers the newest event of a page.
    pub(crate) fn note_events(&self, events: &EventChunk) {
        for event in events.get(0).into_iter().chain(events.last()) {
            self.note(event.position, event.hash);
        }
    }

    /// Remembers the events of answered appends, or the error.
    pub(crate) fn note_appended(&self, outcome: &Result<Vec<BackendAnswer>, StoreError>) {
        match outcome {
            Ok(answers) => {
                for answer in answers {
                    let BackendAnswer::Appended(appended) = answer else { continue };
                    appended.events.last().inspect(|last| self.note(last.position, last.hash));
                }
            }
            Err(error) => self.note_error(error),
        }
    }

    /// Remembers that the store was replaced, if that is the error.
    pub(crate) fn note_error(&self, error: &StoreError) {
        if matches!(error, StoreError::Replaced(_)) {
            self.known().replaced = Some(error.clone());
        }
    }

    /// Checks that the store was not found to be replaced.
    ///
    /// # Errors
    /// [`StoreError::Replaced`] after the store was found to be replaced.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        self.known().replaced.clone().map_or(Ok(()), Err)
    }
}
