//! Deciding without types: what the command bus calls.

use serde_json::Value;
use thiserror::Error;

use crate::aggregate::Aggregate;
use crate::aggregate::DomainCommand;
use crate::aggregate::DomainEvent;
use crate::aggregate::fold::AggregateFold;
use crate::aggregate::fold::Fold;
use crate::aggregate::note::Note;
use crate::aggregate::rejection::Rejection;
use crate::event::JsonError;
use crate::event::JsonObject;
use crate::event::Timestamp;

/// Why a command led to no events.
#[derive(Debug, Error)]
pub enum DecideError {
    /// The domain has no command of this name.
    #[error("unknown command {0}")]
    UnknownCommand(String),
    /// The payload does not have the shape the command wants.
    #[error("the payload of {command} is not what it should be: {reason}")]
    Payload {
        /// The command.
        command: String,
        /// What is wrong with the payload.
        reason: String,
    },
    /// A domain rule said no.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The domain decided an event that cannot be recorded.
    #[error("the decided event cannot be recorded: {0}")]
    Event(#[from] JsonError),
}

/// An event that was decided and is not recorded yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedEvent {
    /// What happened.
    pub event_type: &'static str,
    /// Which shape `data` has.
    pub schema_version: u32,
    /// The fact.
    pub data: JsonObject,
}

/// What a domain decided, as it will be recorded.
///
/// # Errors
/// [`DecideError::Event`] when an event holds what not every store can.
pub fn decided<E: DomainEvent>(events: &[E]) -> Result<Vec<DecidedEvent>, DecideError> {
    let decided = events.iter().map(|event| {
        let event_type = event.event_type();
        Ok(DecidedEvent { event_type, schema_version: E::schema_version(event_type), data: JsonObject::of(event)? })
    });
    decided.collect()
}

/// A fold that can decide: an aggregate of any domain.
pub trait Decider: Fold {
    /// State + command → events. No events: nothing changes.
    ///
    /// # Errors
    /// When the command or its payload is unknown to the domain, or a rule says no.
    fn decide(&self, command: &str, payload: &Value, now: Timestamp) -> Result<Vec<DecidedEvent>, DecideError>;

    /// Returns what the sender of a command must know about an event that the command led to.
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
