//! The read model `resources`: one row for each resource, its state as of its last event.

use std::borrow::Cow;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::aggregate::Fold;
use crate::aggregate::Projection;
use crate::domain::resource::state::Resource;
use crate::event::EventView;

/// All resources, by id.
#[derive(Debug, Clone, Copy, Default)]
pub struct Resources;

impl Projection for Resources {
    fn name(&self) -> &str {
        "resources"
    }

    fn version(&self) -> u32 {
        1
    }

    fn categories(&self) -> Vec<String> {
        vec![Resource::CATEGORY.to_owned()]
    }

    fn indexed_fields(&self) -> &[&'static str] {
        &["owner_id", "resource_type"]
    }

    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>> {
        let (category, id) = event.stream.split_once('-')?;
        (category == Resource::CATEGORY && !id.is_empty()).then_some(Cow::Borrowed(id))
    }

    fn row(&self, key: &str) -> Box<dyn Fold> {
        Box::new(AggregateFold::<Resource>::new(&format!("{}-{key}", Resource::CATEGORY)))
    }
}
