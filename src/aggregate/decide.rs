//! Decisions without types, for the command bus.

use serde_json::Value;
use thiserror::Error;

use crate::aggregate::command::DomainCommand;
use crate::aggregate::contract::Aggregate;
use crate::aggregate::contract::DomainEvent;
use crate::aggregate::fold::AggregateFold;
use crate::aggregate::fold::Fold;
use crate::aggregate::note::Note;
use crate::aggregate::rejection::Rejection;
use crate::event::JsonError;
use crate::event::JsonObject;
use crate::event::Timestamp;

/// The reason why a command led to no events.
#[derive(Debug, Error)]
pub enum DecideError {
    /// The domain has no command of this name.
    #[error("unknown command {0}")]
    UnknownCommand(String),
    /// The payload does not have the form of the command.
    #[error("invalid payload of {command}: {reason}")]
    Payload {
        /// The command.
        command: String,
        /// The reason.
        reason: String,
    },
    /// A rule of the domain refused the command.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The decided event cannot be recorded.
    #[error("the decided event cannot be recorded: {0}")]
    Event(#[from] JsonError),
}

/// A decided event that is not recorded yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedEvent {
    /// The type of the event.
    pub event_type: &'static str,
    /// The schema version of the data.
    pub schema_version: u32,
    /// The data.
    pub data: JsonObject,
}

/// Converts the decided events of a domain for recording.
///
/// # Errors
/// [`DecideError::Event`] when an event has a value that not every store can hold.
pub fn decided<E: DomainEvent>(events: &[E]) -> Result<Vec<DecidedEvent>, DecideError> {
    let decided = events.iter().map(|event| {
        let event_type = event.event_type();
        Ok(DecidedEvent { event_type, schema_version: E::schema_version(event_type), data: JsonObject::of(event)? })
    });
    decided.collect()
}

/// A fold that can decide commands: an aggregate of any domain.
pub trait Decider: Fold {
    /// Decides the events of a command on the current state. No events: nothing changes.
    ///
    /// # Errors
    /// The domain does not know the command or its payload, or a rule refuses it.
    fn decide(&self, command: &str, payload: &Value, now: Timestamp) -> Result<Vec<DecidedEvent>, DecideError>;

    /// Returns a note for the sender of a command about one of its events.
    fn note(&self, event_type: &str, data: &str) -> Option<Note>;

    /// Returns a copy of the state.
    fn boxed_clone(&self) -> Box<dyn Decider>;
}

impl Clone for Box<dyn Decider> {
    fn clone(&self) -> Self {
        (**self).boxed_clone()
    }
}

impl<A: Aggregate> Decider for AggregateFold<A> {
    fn decide(&self, command: &str, payload: &Value, now: Timestamp) -> Result<Vec<DecidedEvent>, DecideError> {
        let typed = match A::Command::from_payload(command, payload) {
            None => return Err(DecideError::UnknownCommand(command.to_owned())),
            Some(Err(error)) => return Err(DecideError::Payload { command: command.to_owned(), reason: error.to_string() }),
            Some(Ok(typed)) => typed,
        };
        decided(&self.state().decide(self.id(), &typed, now).map_err(Into::into)?)
    }

    fn note(&self, event_type: &str, data: &str) -> Option<Note> {
        A::note(&A::Event::from_data(event_type, data)?.ok()?)
    }

    fn boxed_clone(&self) -> Box<dyn Decider> {
        Box::new(self.clone())
    }
}
