//! A domain without its types.

use std::sync::Arc;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::aggregate::AggregateRows;
use crate::aggregate::Decider;
use crate::aggregate::DomainCommand;
use crate::aggregate::DomainEvent;
use crate::aggregate::Projection;
use crate::domain::access::Access;

/// A domain without its types, as the layers above use it.
#[derive(Clone)]
pub struct Domain {
    /// The category of its streams.
    pub category: &'static str,
    /// The names of its commands.
    pub commands: &'static [&'static str],
    /// Creates an empty aggregate for a stream.
    pub aggregate: fn(&str) -> Box<dyn Decider>,
    /// The read model with one row for each stream, if there is one.
    pub projection: Option<Arc<dyn Projection>>,
    /// Returns true for the type of one of its events.
    pub knows_event: fn(&str) -> bool,
    /// The access of the callers of a server.
    pub access: Access,
}

impl Domain {
    /// Returns the domain of an aggregate, with its read model. On a server it is hidden from all but
    /// administrators.
    pub fn of<A: Aggregate>(read_model: AggregateRows<A>) -> Self {
        Self { projection: Some(Arc::new(read_model)), ..Self::without_read_model::<A>() }
    }

    /// Returns the domain of an aggregate without a read model. It is hidden as that of [`Domain::of`].
    pub fn without_read_model<A: Aggregate>() -> Self {
        Self {
            category: A::CATEGORY,
            commands: A::Command::NAMES,
            aggregate: |stream| Box::new(AggregateFold::<A>::new(stream)),
            projection: None,
            knows_event: |event_type| A::Event::from_data(event_type, "null").is_some(),
            access: Access::HIDDEN,
        }
    }

    /// Returns the same domain with another access for callers of a server.
    #[must_use]
    pub fn with_access(self, access: Access) -> Self {
        Self { access, ..self }
    }
}
