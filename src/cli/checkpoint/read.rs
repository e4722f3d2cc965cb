//! Reads the checkpoints of the store that the command line names.

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::layout_tables::layout_tables;
use crate::ops::checkpoints::CheckpointStatus;
use crate::ops::checkpoints::foreign::foreign_checkpoints;
use crate::ops::checkpoints::projection_checkpoints;

/// Reads the checkpoints: those of projections, or with a layout those of another program.
///
/// # Errors
/// The layout names no table of checkpoints (2), or the store lacks it (3).
pub(in crate::cli) async fn checkpoints(app: &App) -> Result<Vec<CheckpointStatus>, CliError> {
    let Some(tables) = layout_tables(app)? else {
        let store = app.store()?;
        let queries = app.all_queries(&store).await?;
        return Ok(projection_checkpoints(&store, &queries, app.now()).await?);
    };
    if !tables.parts().await?.has_checkpoints {
        let layout = app.layout().unwrap_or_default();
        let error = CliError::usage(format!("layout {layout} names no table of checkpoints")).code("no_checkpoints");
        return Err(
            error.hint("save 'esctl layout show NAME' as a file, and add [checkpoints] with from, name and position or time")
        );
    }
    let store = tables.store(app.open_options());
    let Some((found, more)) = foreign_checkpoints(&tables, &store, app.now()).await? else {
        return Err(CliError::not_found("the store has no table of checkpoints as the layout names it").code("no_checkpoints"));
    };
    if more {
        app.out.warn(&format!("only the first {} checkpoints are read", found.len()));
    }
    Ok(found)
}
