//! The pure contract of a domain: commands are decided into events, events evolve a state.
//!
//! Nothing here knows a store, a clock or a terminal. Time comes in as an argument, so a domain's
//! tests are tables: given events, when command, then events or rejection.

mod aggregate_rows;
mod command;
mod decide;
mod fold;
mod jq_event;
mod jq_projection;
mod jq_reducer;
mod macros;
mod note;
mod projection;
mod reducer;
mod rejection;
mod upcast;

pub use aggregate_rows::AggregateRows;
pub use command::DomainCommand;
pub use command::read_payload;
pub use decide::DecideError;
pub use decide::DecidedEvent;
pub use decide::Decider;
pub use decide::decided;
pub use fold::AggregateFold;
pub use fold::Fold;
pub use fold::FoldError;
pub use fold::FoldVersion;
pub use jq_event::jq_event;
pub use jq_projection::JqProjection;
pub use jq_reducer::JQ_REDUCER;
pub use jq_reducer::jq_reducer;
pub use jq_reducer::jq_row;
pub use note::Note;
pub use projection::Projection;
pub use reducer::GENERIC_REDUCERS;
pub use reducer::generic_reducer;
pub use rejection::Rejection;
pub use upcast::Upcaster;
pub use upcast::decode_data;

pub use serde_json::Error as JsonError;
pub use serde_json::Value as JsonValue;
pub use serde_json::from_str as read_data;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Map;
use serde_json::Value;

use crate::event::EventView;
use crate::event::Timestamp;

/// A consistency boundary: the state of one stream, what may be asked of it, and what then happens.
///
/// In the order of the flow: category → events → evolve → decide. The state serialises as an object
/// without `id` and `version`: a saved state carries both, and they are the fold's to write.
pub trait Aggregate: Default + Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What stands before the first `-` in the names of its streams.
    const CATEGORY: &'static str;
    /// The version of the state's shape and of [`Aggregate::evolve`]; a snapshot of another one is passed over.
    const STATE_VERSION: u32 = 1;

    /// The facts.
    type Event: DomainEvent;
    /// The wishes.
    type Command: DomainCommand;
    /// How a domain rule says no.
    type Rejection: Into<Rejection>;

    /// State + event → state. Never fails: what was recorded has happened.
    ///
    /// `at` is when the store recorded the event.
    fn evolve(&mut self, event: &Self::Event, at: Timestamp);

    /// State + recorded event → state: [`Aggregate::evolve`] unless the domain also keeps something of the envelope,
    /// or has events that say how the state changes, which one written by hand may say of another state.
    ///
    /// # Errors
    /// [`FoldError::Misfit`] when the event does not fit; the state is then as it was.
    fn take_in(&mut self, event: &Self::Event, recorded: &EventView<'_>) -> Result<(), FoldError> {
        self.evolve(event, recorded.recorded_at);
        Ok(())
    }

    /// Returns what in the state no decision of this domain could have led to, a sentence each: an event written by
    /// hand can bring it about.
    fn violations(&self) -> Vec<String> {
        Vec::new()
    }

    /// State + command → events, or a rejection. No events: nothing changes.
    ///
    /// `id` is what stands behind the first `-` of the stream's name, `now` the moment of deciding.
    ///
    /// # Errors
    /// When a domain rule says no.
    fn decide(&self, id: &str, command: &Self::Command, now: Timestamp) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// Returns what the sender of a command must know about an event that the command led to.
    fn note(event: &Self::Event) -> Option<Note> {
        let _ = event;
        None
    }

    /// Returns the state as it is shown at a moment: what depends on time (a lock that expires) is computed for `at`. By
    /// default that is the serialised state, with `id` and `version`.
    fn show(&self, id: &str, version: u64, at: Timestamp) -> Value {
        let _ = at;
        let mut shown = Map::from_iter([("id".to_owned(), id.into()), ("version".to_owned(), version.into())]);
        if let Ok(Value::Object(state)) = serde_json::to_value(self) {
            shown.extend(state);
        }
        Value::Object(shown)
    }
}

/// The events of one domain, typed. [`events!`](crate::events) makes one.
pub trait DomainEvent: Serialize + Sized + Send + Sync {
    /// The type it is recorded under.
    fn event_type(&self) -> &'static str;

    /// The schema version events of this type are written in today, from 1.
    fn schema_version(event_type: &str) -> u32 {
        let _ = event_type;
        1
    }

    /// How older schema versions become today's, one step each.
    fn upcasters() -> &'static [Upcaster] {
        &[]
    }

    /// Reads the data of an event of this type in today's schema version. `None`: no event of this domain.
    ///
    /// # Errors
    /// When the data does not have the shape of the type.
    fn from_data(event_type: &str, data: &str) -> Option<Result<Self, serde_json::Error>>;
}
