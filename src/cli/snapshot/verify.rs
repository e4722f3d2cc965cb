//! The command `esctl snapshot verify`.

use std::collections::HashSet;

use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::stream;
use crate::cli::error::CliError;
use crate::cli::layout_tables::layout_tables;
use crate::cli::name_source::NameSource;
use crate::cli::output::Listing;
use crate::cli::replay::broken;
use crate::cli::snapshot::result_cell::result_cell;
use crate::cli::snapshot::with_layout;
use crate::event::StreamName;
use crate::ops::snapshots::SnapshotCheck;
use crate::ops::snapshots::VerifySnapshots;

/// Compare snapshots with the events; exit code 1 if one differs
///
/// The state of a snapshot that an application made with its own domain cannot be computed by esctl. The command checks its hash
/// and its event, and reports it as not checked. With --layout, the states of another program's snapshots are compared if --reducer
/// names the reducer that makes them.
#[derive(Debug, Args)]
pub struct SnapshotVerifyArgs {
    /// Only snapshots of this stream
    #[arg(value_parser = stream, add = NameSource::STREAMS_WITH_SNAPSHOTS)]
    stream: Option<StreamName>,
    /// Reducer that makes the snapshots of another program, as in 'esctl replay'; needs --layout
    #[arg(long, value_name = "R", add = NameSource::Reducers)]
    reducer: Option<String>,
}

impl SnapshotVerifyArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        if let Some(tables) = layout_tables(app)? {
            return with_layout::verify(app, &tables, self.stream, self.reducer.as_deref()).await;
        }
        if self.reducer.is_some() {
            let error = CliError::usage("--reducer is for snapshots of another program: it needs --layout");
            return Err(error.hint("leave out --reducer: a snapshot of esctl names its reducer"));
        }
        let mut verify = VerifySnapshots::open(&app.store()?, self.stream).await?;
        let listing = Listing::new(["stream", "version", "reducer", "result"]);
        let listing = listing.fields(["stream", "version", "reducer", "result", "ok", "reason"]);
        // A comparison that stops half way would report success.
        let mut list = app.out.list(listing.unlimited().empty("no snapshots"));
        let (mut wrong, mut not_checked, mut unreadable) = (0_u64, 0_u64, HashSet::new());
        while let Some(verdicts) = verify.next().await? {
            for verdict in verdicts {
                wrong += u64::from(verdict.result == SnapshotCheck::Differs);
                not_checked += u64::from(verdict.result == SnapshotCheck::NotChecked);
                if verdict.unreadable {
                    unreadable.insert(verdict.stream.clone());
                }
                list.push(&verdict, || {
                    let result = result_cell(verdict.result, verdict.reason.as_deref());
                    vec![verdict.stream.as_str().into(), verdict.version.into(), verdict.reducer.as_str().into(), result]
                })?;
            }
        }
        let compared = list.pushed();
        list.finish(None)?;
        if not_checked > 0 {
            let states = if not_checked == 1 {
                "the state of 1 snapshot was".into()
            } else {
                format!("the states of {not_checked} snapshots were")
            };
            app.out.warn(&format!(
                "{states} not checked: only the application that made them can; their hashes and events are correct"
            ));
        }
        if !unreadable.is_empty() {
            return Err(broken(unreadable.len() as u64, "the store"));
        }
        if wrong == 0 {
            return Ok(());
        }
        let error = CliError::check_failed(format!("{wrong} of {compared} snapshots cannot be trusted")).code("snapshot_differs");
        Err(error.with("wrong", wrong).hint("run 'esctl snapshot delete', then 'esctl snapshot take'"))
    }
}
