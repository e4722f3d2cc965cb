//! What turns events into a read model: which events, which row, and how the row changes.

use std::borrow::Cow;

use crate::aggregate::fold::Fold;
use crate::event::EventView;

/// A projection, without I/O: each event it wants goes to one row, and a row is a [`Fold`].
///
/// The row that is kept is what [`Fold::save`] writes, a JSON object.
pub trait Projection: Send + Sync {
    /// Its name; also the name of its read model.
    fn name(&self) -> &str;

    /// The version of its logic. When it changes, the read model is rebuilt beside the old one and swapped.
    fn version(&self) -> u32;

    /// The categories it wants events of; none: all.
    fn categories(&self) -> Vec<String>;

    /// Fields at the top of a row that queries ask for by value; backends index them.
    fn indexed_fields(&self) -> &[&'static str] {
        &[]
    }

    /// The key of the row an event belongs to; `None`: not for this read model.
    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>>;

    /// An empty row for the stream of an event.
    fn row(&self, key: &str) -> Box<dyn Fold>;
}
