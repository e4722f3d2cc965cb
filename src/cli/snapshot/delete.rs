//! The command `esctl snapshot delete`.

use clap::Args;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::arg_values::place;
use crate::cli::arg_values::stream;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::OpsError;
use crate::ops::snapshots::delete_snapshots;
use crate::ops::snapshots::find_snapshots;

/// Delete snapshots of a stream; events stay
#[derive(Debug, Args)]
pub struct SnapshotDeleteArgs {
    /// Name of the stream
    #[arg(value_parser = stream, add = NameSource::STREAMS_WITH_SNAPSHOTS)]
    stream: StreamName,
    /// Only the snapshot at this version
    #[arg(long, value_name = "N", value_parser = place)]
    version: Option<u64>,
    /// Succeed if there is no such snapshot
    #[arg(long)]
    if_exists: bool,
}

/// The number of deleted snapshots.
#[derive(Debug, Serialize)]
pub(super) struct DeletedCount {
    deleted: u64,
}

impl SnapshotDeleteArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        app.record.repeat.add_flag("--if-exists");
        let found = match find_snapshots(&store, &self.stream, self.version.map(Version)).await {
            Err(OpsError::NotThere { .. }) if self.if_exists => return print(app, 0),
            found => found?,
        };
        let question = format!("Delete {} of stream {}?", counted(found.len() as u64), self.stream);
        if !app.out.confirm(&question, app.globals.yes)? {
            app.record.changed_nothing();
            return print(app, 0);
        }
        print(app, delete_snapshots(&store, found).await?)
    }
}

/// Prints the number of deleted snapshots.
pub(super) fn print(app: &App, deleted: u64) -> Result<(), CliError> {
    app.out.one(&DeletedCount { deleted }, |sheet| {
        sheet.field("deleted", counted(deleted));
    })
}

/// Returns a number of snapshots in words.
pub(super) fn counted(snapshots: u64) -> String {
    if snapshots == 1 { "1 snapshot".into() } else { format!("{snapshots} snapshots") }
}
