//! The contract of a domain: its state, commands, events and rejections.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Map;
use serde_json::Value;

use crate::aggregate::command::DomainCommand;
use crate::aggregate::fold_error::FoldError;
use crate::aggregate::note::Note;
use crate::aggregate::rejection::Rejection;
use crate::aggregate::upcast::Upcaster;
use crate::event::EventView;
use crate::event::Timestamp;

/// A consistency boundary: the state of a stream, its commands and its events.
///
/// The members are in the order of the flow: category → events → evolve → decide. The state serialises as an object without `id`
/// and `version`, which the fold adds to a saved state.
pub trait Aggregate: Default + Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The part of the names of its streams before the first `-`.
    const CATEGORY: &'static str;
    /// The version of the state's form and of [`Aggregate::evolve`]. A snapshot of another version is not used.
    const STATE_VERSION: u32 = 1;

    /// Event type.
    type Event: DomainEvent;
    /// Command type.
    type Command: DomainCommand;
    /// Rejection type.
    type Rejection: Into<Rejection>;

    /// Changes the state by an event that was recorded at a time. It cannot fail, as a recorded event has happened.
    fn evolve(&mut self, event: &Self::Event, at: Timestamp);

    /// Changes the state by a recorded event. By default it calls [`Aggregate::evolve`]. A domain overrides it to use the
    /// envelope, or to refuse events that describe a change of a different state.
    ///
    /// # Errors
    /// [`FoldError::Misfit`] when the event does not fit the state; the state is then unchanged.
    fn apply(&mut self, event: &Self::Event, recorded: &EventView<'_>) -> Result<(), FoldError> {
        self.evolve(event, recorded.recorded_at);
        Ok(())
    }

    /// Returns the broken rules of the state, a sentence each. No decision of this domain leads to such a state, but an event
    /// that was appended by hand can.
    fn violations(&self) -> Vec<String> {
        Vec::new()
    }

    /// Decides the events of a command, or refuses it. No events: nothing changes.
    ///
    /// `id` is the part of the stream's name after the first `-`, and `now` the time of the decision.
    ///
    /// # Errors
    /// A rule of the domain refuses the command.
    fn decide(&self, id: &str, command: &Self::Command, now: Timestamp) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// Returns a note for the sender of a command about one of its events.
    fn note(event: &Self::Event) -> Option<Note> {
        let _ = event;
        None
    }

    /// Returns the state for display. Parts that depend on time, such as a lock that expires, are computed for `at`. By default
    /// it is the serialised state with `id` and `version`.
    fn show(&self, id: &str, version: u64, at: Timestamp) -> Value {
        let _ = at;
        let mut shown = Map::from_iter([("id".to_owned(), id.into()), ("version".to_owned(), version.into())]);
        if let Ok(Value::Object(state)) = serde_json::to_value(self) {
            shown.extend(state);
        }
        Value::Object(shown)
    }
}

/// The typed events of a domain. [`events!`](crate::events) defines them.
pub trait DomainEvent: Serialize + Sized + Send + Sync {
    /// Returns the type that the event is recorded with.
    fn event_type(&self) -> &'static str;

    /// Returns the current schema version of events of this type, from 1.
    fn schema_version(event_type: &str) -> u32 {
        let _ = event_type;
        1
    }

    /// Returns the upcasters from older schema versions, one step each.
    fn upcasters() -> &'static [Upcaster] {
        &[]
    }

    /// Reads the data of an event of this type in the current schema version; none: the domain has no such event.
    ///
    /// # Errors
    /// The data does not have the form of the type.
    fn from_data(event_type: &str, data: &str) -> Option<Result<Self, serde_json::Error>>;
}
