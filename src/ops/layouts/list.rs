//! The built-in layouts.

use serde::Serialize;

use crate::ops::error::OpsError;
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
pub fn list_layouts() -> Result<Vec<ListedLayout>, OpsError> {
    let listed = |(name, layout): (_, Layout)| ListedLayout { name, engine: layout.engine, title: layout.title };
    Ok(models()?.into_iter().map(listed).collect())
}

/// Returns the models of the built-in layouts. Each of them is valid.
pub(super) fn models() -> Result<Vec<(&'static str, Layout)>, OpsError> {
    built_in().iter().map(|built_in| Ok((built_in.name, built_in.model()?))).collect()
}
