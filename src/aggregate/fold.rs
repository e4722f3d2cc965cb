//! A fold without its types: what replay, snapshots and read models are made of.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use crate::aggregate::Aggregate;
use crate::aggregate::DomainEvent;
use crate::aggregate::upcast::decode_data;
use crate::event::EventView;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::category_of;
use crate::jq::JqError;

/// Why an event could not be folded in.
#[derive(Debug, Error)]
pub enum FoldError {
    /// The data does not have the shape its type promises.
    #[error("the data of a {event_type} event cannot be read")]
    Data {
        /// The type of the event.
        event_type: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A newer program wrote it.
    #[error("a {event_type} event has schema version {schema_version}; this program knows up to {known}")]
    NewerSchema {
        /// The type of the event.
        event_type: String,
        /// Its schema version.
        schema_version: u32,
        /// The newest this program knows.
        known: u32,
    },
    /// An older program wrote it and nothing says how to read it.
    #[error("no upcaster for {event_type} events of schema version {from}")]
    NoUpcaster {
        /// The type of the event.
        event_type: String,
        /// The schema version that nothing reads.
        from: u32,
    },
    /// It says how the state changes, but of another state than there is: no decision of this domain made it.
    #[error("a {event_type} event does not fit the state: {reason}")]
    Misfit {
        /// The type of the event.
        event_type: String,
        /// What does not fit.
        reason: String,
    },
    /// A row of a read model would be larger than a store keeps.
    #[error("its row would have {bytes} bytes, and a row has at most {limit}")]
    RowTooLarge {
        /// How large it would be, in bytes of JSON.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// A jq program failed.
    #[error(transparent)]
    Program(#[from] JqError),
    /// A reducer of the operator's own failed.
    #[error("the reducer failed: {0}")]
    Reducer(String),
}

impl FoldError {
    /// The data of an event cannot be read.
    pub fn data(event_type: &str, source: serde_json::Error) -> Self {
        Self::Data { event_type: event_type.to_owned(), source }
    }
}

/// Names how a state was made, so that a snapshot made otherwise is never trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldVersion {
    /// The reducer, for instance `resource`, `merge`, `count`.
    pub name: String,
    /// The version of its logic.
    pub version: u32,
}

/// State + event → state, over recorded events of any type.
pub trait Fold: Send + Sync {
    /// How this state is made.
    fn version(&self) -> FoldVersion;

    /// Takes in the next event.
    ///
    /// # Errors
    /// When the event cannot be read; the state is then as it was.
    fn apply(&mut self, event: &EventView<'_>) -> Result<(), FoldError>;

    /// Passes over a quarantined event: the state stays as it is, and stands for the event's version.
    fn leave_out(&mut self, event: &EventView<'_>) {
        let _ = event;
    }

    /// Returns what in the state no decision of the domain could have led to, a sentence each.
    fn violations(&self) -> Vec<String> {
        Vec::new()
    }

    /// The state in full, as snapshots and read models keep it. [`Fold::restore`] reads it back.
    ///
    /// # Errors
    /// When the state cannot be written as JSON.
    fn save(&self) -> Result<String, FoldError>;

    /// Goes on from a saved state.
    ///
    /// # Errors
    /// When it is not what [`Fold::save`] writes; the state is then as it was.
    fn restore(&mut self, saved: &str) -> Result<(), FoldError>;

    /// The state as people see it at a moment; `Null` before the first event.
    fn show(&self, at: Timestamp) -> Value;
}

impl<F: Fold + ?Sized> Fold for Box<F> {
    fn version(&self) -> FoldVersion {
        (**self).version()
    }

    fn apply(&mut self, event: &EventView<'_>) -> Result<(), FoldError> {
        (**self).apply(event)
    }

    fn leave_out(&mut self, event: &EventView<'_>) {
        (**self).leave_out(event);
    }

    fn violations(&self) -> Vec<String> {
        (**self).violations()
    }

    fn save(&self) -> Result<String, FoldError> {
        (**self).save()
    }

    fn restore(&mut self, saved: &str) -> Result<(), FoldError> {
        (**self).restore(saved)
    }

    fn show(&self, at: Timestamp) -> Value {
        (**self).show(at)
    }
}

/// The fold of a typed aggregate.
#[derive(Debug, Clone)]
pub struct AggregateFold<A> {
    state: A,
    id: String,
    version: Version,
}

/// What is kept of an aggregate: its state, and in the same object where it stands.
#[derive(Serialize)]
struct Saved<'a, A> {
    id: &'a str,
    version: Version,
    #[serde(flatten)]
    state: &'a A,
}

/// Where a kept aggregate stands.
#[derive(Deserialize)]
struct SavedPlace {
    version: Version,
}

impl<A: Aggregate> AggregateFold<A> {
    /// The empty state of one stream.
    pub fn new(stream: &str) -> Self {
        let id = stream.split_once('-').map_or("", |(_, id)| id).to_owned();
        debug_assert_eq!(category_of(stream), A::CATEGORY);
        Self { state: A::default(), id, version: Version::ZERO }
    }

    /// The typed state.
    pub fn state(&self) -> &A {
        &self.state
    }

    /// What stands behind the first `-` of the stream's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How many events are in it.
    pub fn stream_version(&self) -> Version {
        self.version
    }

    /// Takes in an event that is typed already.
    pub fn evolve(&mut self, event: &A::Event, at: Timestamp) {
        self.state.evolve(event, at);
        self.version = self.version.next();
    }
}

impl<A: Aggregate> Fold for AggregateFold<A> {
    fn version(&self) -> FoldVersion {
        FoldVersion { name: A::CATEGORY.to_owned(), version: A::STATE_VERSION }
    }

    fn apply(&mut self, event: &EventView<'_>) -> Result<(), FoldError> {
        let today = A::Event::schema_version(event.event_type);
        // An event of a type this domain does not know changes nothing: it may be of a newer program. Nor is its
        // schema version then anything to fail on.
        if event.schema_version != today && A::Event::from_data(event.event_type, "null").is_none() {
            self.version = event.version;
            return Ok(());
        }
        let data = decode_data(event.event_type, event.schema_version, event.data, today, A::Event::upcasters())?;
        if let Some(typed) = A::Event::from_data(event.event_type, &data) {
            let typed = typed.map_err(|error| FoldError::data(event.event_type, error))?;
            self.state.take_in(&typed, event)?;
        }
        self.version = event.version;
        Ok(())
    }

    fn leave_out(&mut self, event: &EventView<'_>) {
        self.version = event.version;
    }

    fn violations(&self) -> Vec<String> {
        self.state.violations()
    }

    fn save(&self) -> Result<String, FoldError> {
        let saved = Saved { id: &self.id, version: self.version, state: &self.state };
        serde_json::to_string(&saved).map_err(|error| FoldError::Reducer(error.to_string()))
    }

    fn restore(&mut self, saved: &str) -> Result<(), FoldError> {
        let unreadable = |error: serde_json::Error| FoldError::Reducer(error.to_string());
        // Twice over the text is faster than once through `flatten`.
        let place: SavedPlace = serde_json::from_str(saved).map_err(unreadable)?;
        self.state = serde_json::from_str(saved).map_err(unreadable)?;
        self.version = place.version;
        Ok(())
    }

    fn show(&self, at: Timestamp) -> Value {
        if self.version == Version::ZERO { Value::Null } else { self.state.show(&self.id, self.version.0, at) }
    }
}
