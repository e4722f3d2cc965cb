//! One layout: its text and its model.

use serde::Serialize;

use crate::ops::error::OpsError;
use crate::store::layout::Layout;
use crate::store::layout::LayoutError;
use crate::store::layout::Origin;
use crate::store::layout::built_in;
use crate::store::layout::parse;

/// A layout.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShownLayout {
    /// The name of a built-in layout, or the file.
    pub name: String,
    /// True for a built-in layout.
    pub built_in: bool,
    /// The model.
    #[serde(flatten)]
    pub layout: Layout,
    /// The text in TOML.
    #[serde(skip)]
    pub text: String,
}

/// Returns a built-in layout.
///
/// # Errors
/// [`OpsError::NotFound`] if no layout has this name.
pub fn show_layout(name: &str) -> Result<ShownLayout, OpsError> {
    let found = built_in().iter().find(|built_in| built_in.name == name);
    let Some(found) = found else {
        let candidates = built_in().iter().map(|built_in| built_in.name.to_owned()).collect();
        return Err(OpsError::NotFound { kind: "layout", name: name.to_owned(), candidates });
    };
    Ok(ShownLayout { name: name.to_owned(), built_in: true, layout: found.model()?, text: found.text.to_owned() })
}

/// Returns the layout in the text of a file.
///
/// # Errors
/// The first mistake in the text, with its place.
pub fn layout_in_file(name: &str, text: String) -> Result<ShownLayout, LayoutError> {
    Ok(ShownLayout { name: name.to_owned(), built_in: false, layout: parse(&text, Origin::User)?, text })
}
