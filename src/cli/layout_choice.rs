//! The layout of `--layout`, and the commands that work with one.

use std::path::Path;

use crate::cli::app::App;
use crate::cli::commands::Command;
use crate::cli::error::CliError;
use crate::cli::layout::read_layout;
use crate::store::layout_store::LayoutChoice;

/// The word for the only layout that fits.
const AUTO: &str = "auto";

/// Returns the layout with a name, or in a file.
///
/// # Errors
/// There is no such layout or file (3), or the file has a mistake (2).
pub(super) fn layout_choice(layout: &str) -> Result<LayoutChoice, CliError> {
    if layout == AUTO {
        return Ok(LayoutChoice::Auto);
    }
    let shown = read_layout(layout)?;
    // The same name in every folder: ids are derived from it.
    let stem = Path::new(&shown.name).file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
    let name = if shown.built_in { shown.name } else { stem.unwrap_or(shown.name) };
    Ok(LayoutChoice::Named(name, Box::new(shown.layout)))
}

/// Refuses a command that writes, or that needs more than events, where the store is read with a layout.
///
/// # Errors
/// The store is read-only (2).
pub(super) fn refuse_with_layout(command: &Command, app: &App) -> Result<(), CliError> {
    let Some(layout) = app.layout() else { return Ok(()) };
    if command.reads_only_events() {
        return Ok(());
    }
    let message = format!(
        "a store that is read with layout {layout} is read-only: this command writes, or needs snapshots, read models or the hash \
         chain of a store of esctl"
    );
    let error = CliError::usage(message).code("store_read_only").with("layout", layout);
    Err(error.hint("leave out --layout and ESCTL_LAYOUT for a store of esctl; 'stream', 'replay', 'bisect', 'trace' and 'stats' read with a layout"))
}
