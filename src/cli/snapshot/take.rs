//! The command `esctl snapshot take`.

use clap::ArgGroup;
use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::place;
use crate::cli::arg_values::stream;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::output::Tone;
use crate::cli::reducer_arg::reducer;
use crate::cli::reducer_arg::reducer_help;
use crate::cli::replay::broken;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::snapshots::CategorySnapshots;
use crate::ops::snapshots::TakeReport;
use crate::ops::snapshots::TakeSnapshot;
use crate::ops::snapshots::take;
use crate::store::Store;

/// Take a snapshot of a stream, or of every stream of a category
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["stream", "category"]))]
pub struct SnapshotTakeArgs {
    /// Name of the stream
    #[arg(value_parser = stream, add = NameSource::STREAMS)]
    stream: Option<StreamName>,
    /// Every stream of this category with events since its newest snapshot
    #[arg(long, value_name = "C", add = NameSource::CATEGORIES)]
    category: Option<String>,
    /// Minimum number of events since the newest snapshot
    #[arg(long, value_name = "N", value_parser = place, default_value_t = 1)]
    min_events: u64,
    #[arg(long, value_name = "R", add = NameSource::Reducers, help = reducer_help("the category's own"))]
    reducer: Option<String>,
}

impl SnapshotTakeArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let reducer = reducer(app, self.reducer.as_deref())?;
        let input = TakeSnapshot { reducer, min_events: self.min_events, now: app.now() };
        let store = app.store()?;
        store.head().await?;
        match (self.stream, self.category) {
            (Some(stream), _) => one(app, &store, &stream, &input).await,
            (None, Some(category)) => every(app, &store, &category, input).await,
            // clap requires one of them.
            (None, None) => Err(CliError::usage("missing the name of a stream or a category")),
        }
    }
}

async fn one(app: &App, store: &Store, stream: &StreamName, input: &TakeSnapshot) -> Result<(), CliError> {
    let report = take(store, stream, input).await?;
    warn_passed_over(app, &report);
    app.out.one(&report, |sheet| {
        let outcome = match (report.taken, report.version) {
            (true, version) => Cell::new(format!("taken at version {version}")).tone(Tone::Good),
            (false, Version::ZERO) => Cell::new("not taken: too few events"),
            (false, version) => Cell::new(format!("not taken: the snapshot at version {version} is recent enough")),
        };
        sheet.field("snapshot", outcome);
        sheet.field("stream", report.stream.as_str());
        sheet.field("reducer", &report.reducer);
        sheet.field("events since", report.events_since.to_string());
        if let Some(bytes) = report.bytes {
            sheet.field("size", format!("{bytes} bytes"));
        }
    })
}

async fn every(app: &App, store: &Store, category: &str, input: TakeSnapshot) -> Result<(), CliError> {
    let mut taken = CategorySnapshots::open(store, category, input).await?;
    let listing = Listing::new(["stream", "version", "reducer", "events since", "bytes"]);
    let listing = listing.fields(["taken", "stream", "version", "reducer", "events_since", "bytes"]);
    // All of them are taken, however many are shown.
    let mut list = app.out.list(listing.unlimited().empty("no snapshots were due"));
    let mut recent_enough = 0_u64;
    let mut unreadable = 0_u64;
    while let Some(report) = taken.next().await? {
        let report = match report {
            Ok(report) => report,
            Err(broken) => {
                unreadable += 1;
                app.out.warn(&broken.message);
                continue;
            }
        };
        warn_passed_over(app, &report);
        if !report.taken {
            recent_enough += 1;
            continue;
        }
        list.push(&report, || {
            vec![
                report.stream.as_str().into(),
                report.version.into(),
                report.reducer.as_str().into(),
                report.events_since.into(),
                report.bytes.into(),
            ]
        })?;
    }
    list.finish(None)?;
    if recent_enough > 0 {
        app.out.note(&format!("{recent_enough} more streams have a snapshot that is recent enough"));
    }
    if unreadable > 0 {
        return Err(broken(unreadable, &format!("category {category}")));
    }
    Ok(())
}

fn warn_passed_over(app: &App, report: &TakeReport) {
    for snapshot in &report.passed_over {
        let (version, reason) = (snapshot.version, &snapshot.reason);
        app.out.warn(&format!("ignored the snapshot of {} at version {version}: {reason}", report.stream));
    }
}
