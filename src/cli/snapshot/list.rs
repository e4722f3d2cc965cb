//! The command `esctl snapshot list`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::stream;
use crate::cli::error::CliError;
use crate::cli::layout_tables::layout_tables;
use crate::cli::name_source::NameSource;
use crate::cli::output::Listing;
use crate::cli::snapshot::with_layout;
use crate::event::StreamName;
use crate::ops::snapshots::SnapshotPages;

/// List snapshots
#[derive(Debug, Args)]
pub struct SnapshotListArgs {
    /// Only snapshots of this stream
    #[arg(value_parser = stream, add = NameSource::STREAMS_WITH_SNAPSHOTS)]
    stream: Option<StreamName>,
}

impl SnapshotListArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        if let Some(tables) = layout_tables(app)? {
            return with_layout::list(app, &tables, self.stream).await;
        }
        let mut snapshots = SnapshotPages::open(&app.store()?, self.stream).await?;
        let listing = Listing::new(["stream", "version", "reducer", "taken", "bytes"]);
        let listing = listing.fields(["stream", "version", "reducer", "reducer_version", "taken_at", "bytes"]);
        let mut list = app.out.list(listing.empty("no snapshots"));
        while let Some(info) = snapshots.next().await? {
            let more = list.push(&info, || {
                vec![
                    info.stream.as_str().into(),
                    info.version.into(),
                    info.reducer.as_str().into(),
                    info.taken_at.into(),
                    info.bytes.into(),
                ]
            })?;
            if !more {
                break;
            }
        }
        list.finish(None)
    }
}
