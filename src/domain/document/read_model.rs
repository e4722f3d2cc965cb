//! The read model `documents`: one row for each document, its state as of its last event. The row of a deleted
//! document holds none; no answer shows it.

use std::borrow::Cow;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::aggregate::Fold;
use crate::aggregate::Projection;
use crate::domain::document::state::Document;
use crate::event::EventView;

/// All documents, by id.
#[derive(Debug, Clone, Copy, Default)]
pub struct Documents;

impl Projection for Documents {
    fn name(&self) -> &str {
        "documents"
    }

    fn version(&self) -> u32 {
        1
    }

    fn categories(&self) -> Vec<String> {
        vec![Document::CATEGORY.to_owned()]
    }

    fn indexed_fields(&self) -> &[&'static str] {
        &["client_id"]
    }

    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>> {
        let (category, id) = event.stream.split_once('-')?;
        (category == Document::CATEGORY && !id.is_empty()).then_some(Cow::Borrowed(id))
    }

    fn row(&self, key: &str) -> Box<dyn Fold> {
        Box::new(AggregateFold::<Document>::new(&format!("{}-{key}", Document::CATEGORY)))
    }
}
