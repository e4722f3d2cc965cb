//! The built-in layouts.

use serde::Serialize;

use crate::store::foreign::Engine;
use crate::store::layout::Layout;
use crate::store::layout::built_in;

/// A built-in layout, as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedLayout {
    /// The name.
    pub name: &'static str,
    /// The kind of database.
    pub engine: Engine,
    /// The library or application.
    pub title: String,
}

/// Returns the built-in layouts in their order.
pub fn list_layouts() -> Vec<ListedLayout> {
    models().into_iter().map(|(name, layout)| ListedLayout { name, engine: layout.engine, title: layout.title }).collect()
}

/// Returns the models of the built-in layouts. Each of them is valid.
pub(super) fn models() -> Vec<(&'static str, Layout)> {
    built_in().iter().filter_map(|built_in| Some((built_in.name, built_in.layout().ok()?))).collect()
}
