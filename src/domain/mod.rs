//! The domains esctl knows, and the one list of them.
//!
//! A domain is a folder: category, events, state, decide, read model. It does no I/O and sees no
//! store and no clock. An application adds its own with [`install`].

pub mod document;
mod excerpt;
pub mod game;
mod installed;
pub mod resource;

pub use installed::Installed;
pub use installed::install;

use std::sync::Arc;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::aggregate::AggregateRows;
use crate::aggregate::Decider;
use crate::aggregate::DomainCommand;
use crate::aggregate::DomainEvent;
use crate::aggregate::Projection;

/// One domain as everything above sees it: without its types.
#[derive(Clone)]
pub struct Domain {
    /// What stands before the first `-` in the names of its streams.
    pub category: &'static str,
    /// The names of its commands.
    pub commands: &'static [&'static str],
    /// An empty aggregate for a stream.
    pub aggregate: fn(&str) -> Box<dyn Decider>,
    /// Its read model, where it has one: one row for each stream.
    pub projection: Option<Arc<dyn Projection>>,
    /// Returns true for a type of its events.
    pub knows_event: fn(&str) -> bool,
}

impl Domain {
    /// Returns the domain of an aggregate, with its read model.
    pub fn of<A: Aggregate>(read_model: AggregateRows<A>) -> Self {
        Self { projection: Some(Arc::new(read_model)), ..Self::without_read_model::<A>() }
    }

    /// Returns the domain of an aggregate that has no read model.
    pub fn without_read_model<A: Aggregate>() -> Self {
        Self {
            category: A::CATEGORY,
            commands: A::Command::NAMES,
            aggregate: |stream| Box::new(AggregateFold::<A>::new(stream)),
            projection: None,
            knows_event: |event_type| A::Event::from_data(event_type, "null").is_some(),
        }
    }
}

/// The domains that come with esctl. A new one is a new folder and one line here.
pub fn built_in() -> Vec<Domain> {
    vec![Domain::of(resource::RESOURCES), Domain::of(document::DOCUMENTS), Domain::of(game::GAMES)]
}

/// The domains of the application.
pub fn of_application() -> Vec<Domain> {
    installed::installed().domains
}

/// The projections of the application besides the read models of its domains.
pub fn projections_of_application() -> Vec<Arc<dyn Projection>> {
    installed::installed().projections
}

/// Every domain of this program: those that come with esctl, then those of the application.
pub fn all() -> Vec<Domain> {
    let mut all = built_in();
    all.extend(of_application());
    all
}

/// Every projection of this program: the read models of all domains, then the other projections of the application.
pub fn projections() -> Vec<Arc<dyn Projection>> {
    let of_domains = all().into_iter().filter_map(|domain| domain.projection);
    of_domains.chain(projections_of_application()).collect()
}

/// The domain of a category.
pub fn of_category(category: &str) -> Option<Domain> {
    all().into_iter().find(|domain| domain.category == category)
}
