//! Folds without types, for replay, snapshots and read models.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::aggregate::contract::Aggregate;
use crate::aggregate::contract::DomainEvent;
use crate::aggregate::fold_error::FoldError;
use crate::aggregate::upcast::decode_data;
use crate::event::EventView;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::category_of;
use crate::event::is_copied;

/// The identity of a fold. A snapshot of another one is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldVersion {
    /// The name of the reducer, for instance `resource`, `merge` or `count`.
    pub name: String,
    /// The version of the logic.
    pub version: u32,
}

/// A function of a state and a recorded event of any type to the next state.
pub trait Fold: Send + Sync {
    /// Returns the identity of the fold.
    fn version(&self) -> FoldVersion;

    /// Applies the next event.
    ///
    /// # Errors
    /// The event cannot be applied; the state is then unchanged.
    fn apply(&mut self, event: &EventView<'_>) -> Result<(), FoldError>;

    /// Passes a quarantined event. The state stays, and gets the version of the event.
    fn leave_out(&mut self, event: &EventView<'_>) {
        let _ = event;
    }

    /// Returns the broken rules of the state, a sentence each. No decision of the domain leads to such a state.
    fn violations(&self) -> Vec<String> {
        Vec::new()
    }

    /// Returns the full state, as snapshots and read models store it. [`Fold::restore`] reads it back.
    ///
    /// # Errors
    /// The state cannot be written as JSON.
    fn save(&self) -> Result<String, FoldError>;

    /// Continues from a saved state.
    ///
    /// # Errors
    /// The text does not come from [`Fold::save`]; the state is then unchanged.
    fn restore(&mut self, saved: &str) -> Result<(), FoldError>;

    /// Returns the state for display at a moment; null before the first event.
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

/// The saved form of an aggregate: its state, with id and version in the same object.
#[derive(Serialize)]
struct SavedAggregate<'a, A> {
    id: &'a str,
    version: Version,
    #[serde(flatten)]
    state: &'a A,
}

/// The version in a saved aggregate.
#[derive(Deserialize)]
struct SavedVersion {
    version: Version,
}

impl<A: Aggregate> AggregateFold<A> {
    /// Returns the empty state of a stream.
    pub fn new(stream: &str) -> Self {
        let id = stream.split_once('-').map_or("", |(_, id)| id).to_owned();
        debug_assert_eq!(category_of(stream), A::CATEGORY);
        Self { state: A::default(), id, version: Version::ZERO }
    }

    /// Returns the typed state.
    pub fn state(&self) -> &A {
        &self.state
    }

    /// Returns the part of the stream's name after the first `-`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the number of events in the state.
    pub fn stream_version(&self) -> Version {
        self.version
    }

    /// Applies a typed event.
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
        if is_copied(event.metadata) {
            return Err(FoldError::Copied { event_type: event.event_type.to_owned(), domain: A::CATEGORY });
        }
        let today = A::Event::schema_version(event.event_type);
        // An event of an unknown type changes nothing, whatever its schema version is, as it may be of a newer program.
        if event.schema_version != today && A::Event::from_data(event.event_type, "null").is_none() {
            self.version = event.version;
            return Ok(());
        }
        let data = decode_data(event.event_type, event.schema_version, event.data, today, A::Event::upcasters())?;
        if let Some(typed) = A::Event::from_data(event.event_type, &data) {
            let typed = typed.map_err(|error| FoldError::data(event.event_type, error))?;
            self.state.apply(&typed, event)?;
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
        let saved = SavedAggregate { id: &self.id, version: self.version, state: &self.state };
        serde_json::to_string(&saved).map_err(|error| FoldError::Reducer(error.to_string()))
    }

    fn restore(&mut self, saved: &str) -> Result<(), FoldError> {
        let unreadable = |error: serde_json::Error| FoldError::Reducer(error.to_string());
        // Reading the text twice is faster than reading it once through `flatten`.
        let saved_version: SavedVersion = serde_json::from_str(saved).map_err(unreadable)?;
        self.state = serde_json::from_str(saved).map_err(unreadable)?;
        self.version = saved_version.version;
        Ok(())
    }

    fn show(&self, at: Timestamp) -> Value {
        if self.version == Version::ZERO { Value::Null } else { self.state.show(&self.id, self.version.0, at) }
    }
}
