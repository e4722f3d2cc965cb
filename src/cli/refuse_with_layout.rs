//! Refuses commands that do not work with a layout. One place decides for all commands.

use crate::cli::app::App;
use crate::cli::commands::Command;
use crate::cli::error::CliError;

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
