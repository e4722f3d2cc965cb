//! The layout that `--layout` names.

use std::path::Path;
use std::time::Duration;

use crate::cli::error::CliError;
use crate::cli::read_layout::read_layout;
use crate::store::layout_store::LayoutChoice;

/// The word for the only layout that fits.
const AUTO: &str = "auto";

/// Returns the layout with a name, or in a file.
///
/// # Errors
/// There is no such layout or file (3), or the file has a mistake (2).
pub(super) fn layout_choice(layout: &str, patience: Duration) -> Result<LayoutChoice, CliError> {
    if layout == AUTO {
        return Ok(LayoutChoice::Auto);
    }
    let shown = read_layout(layout, patience)?;
    // The same name in every folder: ids are derived from it.
    let stem = Path::new(&shown.name).file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
    let name = if shown.built_in { shown.name } else { stem.unwrap_or(shown.name) };
    Ok(LayoutChoice::Named(name, Box::new(shown.layout)))
}
