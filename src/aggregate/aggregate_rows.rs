//! The read model of an aggregate: a row for each stream with its last state.

use std::borrow::Cow;
use std::marker::PhantomData;

use crate::aggregate::contract::Aggregate;
use crate::aggregate::fold::AggregateFold;
use crate::aggregate::fold::Fold;
use crate::aggregate::projection::Projection;
use crate::event::EventView;
use crate::event::is_copied;

/// The read model of an aggregate: a row for each stream with its last state, under the id.
pub struct AggregateRows<A> {
    name: &'static str,
    version: u32,
    indexed_fields: &'static [&'static str],
    of: PhantomData<fn() -> A>,
}

impl<A> AggregateRows<A> {
    /// Returns a read model with a name, in logic version 1 and without indexed fields.
    pub const fn named(name: &'static str) -> Self {
        Self { name, version: 1, indexed_fields: &[], of: PhantomData }
    }

    /// Returns the read model with another logic version.
    #[must_use]
    pub const fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// Returns the read model with indexes on these fields.
    #[must_use]
    pub const fn indexed(mut self, fields: &'static [&'static str]) -> Self {
        self.indexed_fields = fields;
        self
    }
}

impl<A: Aggregate> Projection for AggregateRows<A> {
    fn name(&self) -> &str {
        self.name
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn categories(&self) -> Vec<String> {
        vec![A::CATEGORY.to_owned()]
    }

    fn indexed_fields(&self) -> &[&'static str] {
        self.indexed_fields
    }

    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>> {
        let (category, id) = event.stream.split_once('-')?;
        let is_of_domain = category == A::CATEGORY && !id.is_empty() && !is_copied(event.metadata);
        is_of_domain.then_some(Cow::Borrowed(id))
    }

    fn row(&self, key: &str) -> Box<dyn Fold> {
        Box::new(AggregateFold::<A>::new(&format!("{}-{key}", A::CATEGORY)))
    }
}
