//! The command `esctl checkpoint list`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::checkpoint::checkpoint_cells;
use crate::cli::checkpoint::checkpoint_columns;
use crate::cli::checkpoint::checkpoints;
use crate::cli::error::CliError;
use crate::cli::output::Listing;
use crate::ops::checkpoints::CheckpointStatus;

/// List checkpoints: the place of each reader, and the events that wait behind it
///
/// In a store of esctl the readers are its projections. With --layout they are those of the other program, if the layout names
/// a table of checkpoints. The state is current; idle (newer events are for other readers); behind; ahead (the place is beyond
/// the last event); unaddressed (the store has no event of the category or type that it reads); or unreadable. A lag of events
/// counts those that wait; a lag of seconds is the age of the oldest of them.
#[derive(Debug, Args)]
pub struct CheckpointListArgs {}

impl CheckpointListArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let found: Vec<CheckpointStatus> = checkpoints(app).await?;
        let mut list = app.out.list(Listing::new(checkpoint_columns(&found)).empty("no checkpoints"));
        for checkpoint in &found {
            if !list.push(checkpoint, || checkpoint_cells(checkpoint, &found))? {
                break;
            }
        }
        list.finish(None)
    }
}
