//! Table tests of a domain: given events, when a command, then events or a rejection.
//!
//! ```
//! use esctl::aggregate::{Aggregate, Rejection};
//! use esctl::event::Timestamp;
//! use esctl::testing::given;
//! use serde::{Deserialize, Serialize};
//!
//! esctl::events! {
//!     enum Counted { "counter.counted" => By { by: u64 } }
//! }
//! esctl::commands! {
//!     enum Count { "counter.count" => By { by: u64 } }
//! }
//! #[derive(Default, Clone, Serialize, Deserialize)]
//! struct Counter { count: u64 }
//!
//! impl Aggregate for Counter {
//!     const CATEGORY: &'static str = "counter";
//!     type Event = Counted;
//!     type Command = Count;
//!     type Rejection = Rejection;
//!
//!     fn evolve(&mut self, Counted::By { by }: &Counted, _at: Timestamp) {
//!         self.count += by;
//!     }
//!
//!     fn decide(&self, _id: &str, Count::By { by }: &Count, _now: Timestamp) -> Result<Vec<Counted>, Rejection> {
//!         match *by {
//!             0 => Err(Rejection::new("nothing_to_count", "counters count from 1 on")),
//!             by => Ok(vec![Counted::By { by }]),
//!         }
//!     }
//! }
//!
//! given::<Counter>([Counted::By { by: 2 }]).when(&Count::By { by: 3 }).then([Counted::By { by: 3 }]);
//! given::<Counter>([]).when(&Count::By { by: 0 }).then_rejected("nothing_to_count");
//! let after = given::<Counter>([Counted::By { by: 2 }]).when(&Count::By { by: 3 }).and();
//! assert_eq!(after.state().count, 5);
//! ```

use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::aggregate::DecideError;
use crate::aggregate::DecidedEvent;
use crate::aggregate::Decider;
use crate::aggregate::Fold;
use crate::aggregate::FoldError;
use crate::aggregate::Rejection;
use crate::aggregate::decided;
use crate::event::EventView;
use crate::event::Hash;
use crate::event::Position;
use crate::event::Timestamp;

/// An event as a store returns it, with its data as text.
#[derive(Debug, Clone, Copy)]
pub struct Recorded<'a> {
    /// The type.
    pub event_type: &'a str,
    /// The schema version of the data.
    pub schema_version: u32,
    /// The data, as JSON.
    pub data: &'a str,
    /// The time at which it was recorded.
    pub at: Timestamp,
    /// The client that recorded it.
    pub client_id: &'a str,
}

impl<'a> Recorded<'a> {
    /// Returns an event in schema version 1, recorded by the client `test`.
    pub fn new(event_type: &'a str, data: &'a str, at: Timestamp) -> Self {
        Self { event_type, schema_version: 1, data, at, client_id: "test" }
    }

    /// Applies the event to an aggregate, as the next one of its stream.
    ///
    /// # Errors
    /// [`FoldError`] if the event failed to apply. The state is then unchanged.
    pub fn apply_to<A: Aggregate>(&self, fold: &mut AggregateFold<A>) -> Result<(), FoldError> {
        let version = fold.stream_version().next();
        fold.apply(&EventView {
            position: Position(version.0),
            event_id: Uuid::from_u128(u128::from(version.0)),
            stream: &format!("{}-{}", A::CATEGORY, fold.id()),
            version,
            event_type: self.event_type,
            schema_version: self.schema_version,
            recorded_at: self.at,
            data: self.data,
            metadata: &serde_json::json!({ "client_id": self.client_id }).to_string(),
            hash: Hash::ZERO,
            kept_content: None,
            quarantined: false,
            source: None,
        })
    }
}

/// Returns an aggregate whose stream has these events. Its id is `test`, and its clock is at the earliest time.
///
/// # Panics
/// If an event cannot be recorded or applied.
#[track_caller]
pub fn given<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> Given<A> {
    Given::new("test").and_events(events)
}

/// An aggregate before a command.
#[derive(Debug, Clone)]
pub struct Given<A> {
    fold: AggregateFold<A>,
    now: Timestamp,
    client_id: String,
}

impl<A: Aggregate> Given<A> {
    /// Returns an aggregate without events.
    pub fn new(id: &str) -> Self {
        let fold = AggregateFold::new(&format!("{}-{id}", A::CATEGORY));
        Self { fold, now: Timestamp::MIN, client_id: "test".to_owned() }
    }

    /// Sets the clock. Later events are recorded and commands decided at this time.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// Sets the client that records later events.
    #[must_use]
    pub fn by(mut self, client_id: &str) -> Self {
        client_id.clone_into(&mut self.client_id);
        self
    }

    /// Adds events. Each is applied as a store returns it, parsed from its text.
    ///
    /// # Panics
    /// If an event cannot be recorded or applied.
    #[must_use]
    #[track_caller]
    pub fn and_events(mut self, events: impl IntoIterator<Item = A::Event>) -> Self {
        let events: Vec<_> = events.into_iter().collect();
        match decided(&events) {
            Ok(events) => self.apply_all(&events),
            Err(error) => panic!("failed to record an event: {error}"),
        }
        self
    }

    /// Adds an event as its recorded text, in a schema version.
    ///
    /// # Errors
    /// [`FoldError`] if the event failed to apply. The state is then unchanged.
    pub fn record(&mut self, event_type: &str, schema_version: u32, data: &str) -> Result<(), FoldError> {
        let event = Recorded { schema_version, client_id: &self.client_id, ..Recorded::new(event_type, data, self.now) };
        event.apply_to(&mut self.fold)
    }

    /// Decides a command.
    pub fn when(self, command: &A::Command) -> Decision<A> {
        let events = self.fold.state().decide(self.fold.id(), command, self.now);
        let outcome = events.map_err(|rejection| DecideError::Rejected(rejection.into())).and_then(|events| decided(&events));
        Decision { given: self, outcome }
    }

    /// Decides a command by its name on the command bus.
    pub fn when_named(self, command: &str, payload: &Value) -> Decision<A> {
        let outcome = self.fold.decide(command, payload, self.now);
        Decision { given: self, outcome }
    }

    /// Returns the state.
    pub fn state(&self) -> &A {
        self.fold.state()
    }

    /// Returns the state with its version and stream.
    pub fn fold(&self) -> &AggregateFold<A> {
        &self.fold
    }

    #[track_caller]
    fn apply_all(&mut self, events: &[DecidedEvent]) {
        for event in events {
            if let Err(error) = self.record(event.event_type, event.schema_version, event.data.as_str()) {
                panic!("failed to apply an event: {error}");
            }
        }
    }
}

/// The decision on a command.
#[derive(Debug)]
#[must_use]
pub struct Decision<A> {
    given: Given<A>,
    outcome: Result<Vec<DecidedEvent>, DecideError>,
}

impl<A: Aggregate> Decision<A> {
    /// Asserts that the command led to exactly these events.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn then(&self, events: impl IntoIterator<Item = A::Event>) {
        let events: Vec<_> = events.into_iter().collect();
        match (&self.outcome, decided(&events)) {
            (Ok(found), Ok(wanted)) => assert_eq!(*found, wanted, "the command led to other events"),
            (Err(error), _) => panic!("the command led to no events: {error}"),
            (_, Err(error)) => panic!("failed to record an event: {error}"),
        }
    }

    /// Asserts that the command changed nothing.
    ///
    /// # Panics
    /// If it led to events or an error.
    #[track_caller]
    pub fn then_nothing(&self) {
        self.then([]);
    }

    /// Asserts that a rule of the domain rejected the command with this code, and returns the rejection.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn then_rejected(&self, code: &str) -> &Rejection {
        match &self.outcome {
            Err(DecideError::Rejected(rejection)) => {
                assert_eq!(rejection.code, code, "the command was rejected for another reason: {rejection}");
                rejection
            }
            other => panic!("the command was not rejected: {other:?}"),
        }
    }

    /// Returns the events, or the error.
    ///
    /// # Errors
    /// [`DecideError`] if the command led to no events.
    pub fn outcome(self) -> Result<Vec<DecidedEvent>, DecideError> {
        self.outcome
    }

    /// Returns the aggregate with the events of the decision, for the next command.
    ///
    /// # Panics
    /// If the command was rejected.
    #[must_use]
    #[track_caller]
    pub fn and(mut self) -> Given<A> {
        match self.outcome {
            Ok(events) => self.given.apply_all(&events),
            Err(error) => panic!("the command led to no events: {error}"),
        }
        self.given
    }
}
