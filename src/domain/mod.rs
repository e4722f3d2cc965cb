//! The domains esctl knows, and the one list of them.
//!
//! A domain is a folder: category, events, state, decide, read model. It does no I/O and sees no
//! store and no clock.

pub mod document;
mod excerpt;
pub mod game;
pub mod resource;

use std::sync::Arc;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::aggregate::Decider;
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
    /// Its read model.
    pub projection: fn() -> Arc<dyn Projection>,
    /// Returns true for a type of its events.
    pub knows_event: fn(&str) -> bool,
}

impl Domain {
    /// The domain of an aggregate, with what makes its read model.
    pub fn of<A: Aggregate>(projection: fn() -> Arc<dyn Projection>) -> Self {
        Self {
            category: A::CATEGORY,
            commands: A::COMMANDS,
            aggregate: |stream| Box::new(AggregateFold::<A>::new(stream)),
            projection,
            knows_event: |event_type| A::Event::from_data(event_type, "null").is_some(),
        }
    }
}

/// Every domain there is. A new domain is a new folder and one line here.
pub fn all() -> Vec<Domain> {
    vec![
        Domain::of::<resource::Resource>(|| Arc::new(resource::Resources)),
        Domain::of::<document::Document>(|| Arc::new(document::Documents)),
        Domain::of::<game::Game>(|| Arc::new(game::Games)),
    ]
}

/// The domain of a category.
pub fn of_category(category: &str) -> Option<Domain> {
    all().into_iter().find(|domain| domain.category == category)
}
