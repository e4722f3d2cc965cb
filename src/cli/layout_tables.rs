//! The tables of the store of another program that the command line names.

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::layout_choice::layout_choice;
use crate::store::layout_store::LayoutTables;
use crate::store::layout_store::open_tables;

/// Returns the tables of the store that is read with a layout; `None` for a store of esctl.
///
/// # Errors
/// As [`App::store`].
pub(super) fn layout_tables(app: &App) -> Result<Option<LayoutTables>, CliError> {
    let Some(layout) = app.layout() else { return Ok(None) };
    Ok(Some(open_tables(&app.store_url()?, layout_choice(layout, app.timeout())?, app.open_options())?))
}
