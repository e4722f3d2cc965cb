//! The contract of a projection: the events that it applies, their rows, and the change of a row.

use std::borrow::Cow;

use crate::aggregate::fold::Fold;
use crate::event::EventView;

/// A projection, without I/O. Each of its events goes to one row, and a row is a [`Fold`].
///
/// The stored row is the text from [`Fold::save`], a JSON object.
pub trait Projection: Send + Sync {
    /// Returns the name of the projection and of its read model.
    fn name(&self) -> &str;

    /// Returns the logic version. After a change the read model is rebuilt beside the old one and swapped.
    fn version(&self) -> u32;

    /// Returns the categories whose events it applies; none: all.
    fn categories(&self) -> Vec<String>;

    /// Returns the fields at the top of a row that backends index for queries.
    fn indexed_fields(&self) -> &[&'static str] {
        &[]
    }

    /// Returns the key of the row of an event; none: the event does not go to this read model.
    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>>;

    /// Returns an empty row.
    fn row(&self, key: &str) -> Box<dyn Fold>;
}
