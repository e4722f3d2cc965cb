//! The command `esctl snapshot prune`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::limit;
use crate::cli::error::CliError;
use crate::cli::snapshot::delete::counted;
use crate::cli::snapshot::delete::print;
use crate::ops::snapshots::count_prunable;
use crate::ops::snapshots::prune;

/// Delete all but the newest snapshots of each stream
///
/// A snapshot of another event than the stored one, or one that was changed, is never used. It is deleted, and an older correct one
/// stays.
#[derive(Debug, Args)]
pub struct SnapshotPruneArgs {
    /// Number of snapshots to keep for each stream and reducer
    #[arg(long, value_name = "N", value_parser = limit, default_value_t = 1)]
    keep: usize,
}

impl SnapshotPruneArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let count = count_prunable(&store, self.keep).await?;
        let question = format!("Delete {} and keep the newest {} of each stream?", counted(count), self.keep);
        if count == 0 || !app.out.confirm(&question, app.globals.yes)? {
            app.record.changed_nothing();
            return print(app, 0);
        }
        print(app, prune(&store, self.keep).await?)
    }
}
