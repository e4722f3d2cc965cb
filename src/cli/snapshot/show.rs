//! The command `esctl snapshot show`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::place;
use crate::cli::arg_values::stream;
use crate::cli::error::CliError;
use crate::cli::layout_tables::layout_tables;
use crate::cli::name_source::NameSource;
use crate::cli::snapshot::with_layout;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::snapshots::show_snapshot;

/// Show a snapshot with its state
#[derive(Debug, Args)]
pub struct SnapshotShowArgs {
    /// Name of the stream
    #[arg(value_parser = stream, add = NameSource::STREAMS_WITH_SNAPSHOTS)]
    stream: StreamName,
    /// Version of the snapshot [default: the newest]
    #[arg(long, value_name = "N", value_parser = place)]
    version: Option<u64>,
    /// Only a snapshot that this reducer made
    #[arg(long, value_name = "R", add = NameSource::Reducers)]
    reducer: Option<String>,
}

impl SnapshotShowArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let version = self.version.map(Version);
        if let Some(tables) = layout_tables(app)? {
            if self.reducer.is_some() {
                let error = CliError::usage("snapshots of another program name no reducer: --reducer does not select one");
                return Err(error.hint("leave out --reducer; 'esctl snapshot verify --reducer' compares them with a reducer"));
            }
            return with_layout::show(app, &tables, &self.stream, version).await;
        }
        let report = show_snapshot(&app.store()?, &self.stream, version, self.reducer.as_deref()).await?;
        app.out.one(&report, |sheet| {
            sheet.field("stream", report.stream.as_str());
            sheet.field("version", report.version.to_string());
            sheet.field("reducer", format!("{}, version {}", report.reducer, report.reducer_version));
            sheet.field("taken", report.taken_at);
            sheet.field("event hash", report.event_hash);
            sheet.field("size", format!("{} bytes", report.bytes));
            sheet.heading("state");
            sheet.text(&serde_json::to_string_pretty(&report.state).unwrap_or_default());
        })
    }
}
