//! The replay of a category: a row for each stream.

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::output::Tone;
use crate::cli::replay::show::differs;
use crate::cli::replay::show::line;
use crate::cli::replay::show::note_assumed;
use crate::cli::replay::show::own_rows;
use crate::cli::replay::show::read_model;
use crate::cli::replay::show::warn_passed_over;
use crate::ops::replay::CategoryReplay;
use crate::ops::replay::ProjectionCompared;
use crate::ops::replay::ReplayCategory;
use crate::ops::replay::ReplayReport;
use crate::store::Store;

/// The fields of an item, in their order.
const FIELDS: [&str; 9] =
    ["stream", "category", "reducer", "version", "position", "at", "events_applied", "snapshot_version", "state"];

/// The totals of a comparison of a category.
#[derive(Default)]
struct CategoryComparison {
    streams: u64,
    rows: u64,
    snapshots: u64,
    streams_that_differ: u64,
    differences: usize,
    broken: u64,
    own: Vec<ProjectionCompared>,
}

/// Replays the streams of a category and prints them.
pub(super) async fn run(app: &App, store: &Store, input: ReplayCategory) -> Result<(), CliError> {
    let verify = input.verify;
    note_assumed(app, store, &input.reducer, &input.category);
    let empty = format!("no streams of category {}", input.category);
    let named = format!("category {}", input.category);
    let mut replay = CategoryReplay::open(store, input).await?;
    let (columns, fields) = if verify {
        (["stream", "version", "read model", "snapshots", "result"], [FIELDS.as_slice(), &["verify"]].concat())
    } else {
        (["stream", "version", "position", "as of", "state"], FIELDS.to_vec())
    };
    let listing = Listing::new(columns).fields(fields).empty(empty);
    // A comparison that stops half way would report success.
    let mut list = app.out.list(if verify { listing.unlimited() } else { listing });
    let mut compared = CategoryComparison::default();
    while let Some(report) = replay.next().await? {
        warn_passed_over(app, &report);
        app.warn_left_out(&report.left_out);
        compared.add(&report);
        if let Some(broken) = &report.broken {
            app.out.warn(&broken.message);
        }
        if !list.push(&report, || cells(&report))? {
            break;
        }
    }
    list.finish(None)?;
    let judged = if verify { compared.judge(app, &named) } else { Ok(()) };
    match compared.broken {
        0 => judged,
        count if store.abilities().writes => Err(broken(count, &named)),
        count => Err(broken(count, &named).hint("run 'esctl verify' with the layout to list the events that cannot be read")),
    }
}

impl CategoryComparison {
    fn add(&mut self, report: &ReplayReport) {
        self.broken += u64::from(report.broken.is_some());
        let Some(verify) = &report.verify else { return };
        self.streams += 1;
        self.rows += u64::from(verify.read_model.is_some());
        self.snapshots += verify.snapshots_compared;
        self.streams_that_differ += u64::from(!verify.ok);
        self.differences += verify.differences.len();
        // The same for each stream: they are compared as a whole.
        self.own.clone_from(&verify.projections);
    }

    fn judge(&self, app: &App, category: &str) -> Result<(), CliError> {
        let Self { streams, rows, snapshots, .. } = self;
        let own: String = self.own.iter().map(|own| format!(", {}", own_rows(own))).collect();
        app.out.note(&format!("compared {streams} streams: {rows} rows of a read model, {snapshots} snapshots{own}"));
        if self.differences == 0 {
            return Ok(());
        }
        let what = format!("{} of {streams} streams of {category}", self.streams_that_differ);
        Err(differs(what, self.differences).with("streams", self.streams_that_differ))
    }
}

/// Returns the error for a report over many streams of which some could not be read.
pub(in crate::cli) fn broken(count: u64, named: &str) -> CliError {
    let streams = if count == 1 { "1 stream".to_owned() } else { format!("{count} streams") };
    let error = CliError::integrity(format!("{streams} of {named} cannot be read")).code("streams_not_readable");
    error.with("streams", count).hint("run 'esctl quarantine add EVENT_ID --reason TEXT' to leave an event out of every state")
}

fn cells(report: &ReplayReport) -> Vec<Cell> {
    let mut cells = vec![report.stream.as_str().into(), report.version.into()];
    if let Some(broken) = &report.broken {
        let position = broken.position.map_or_else(Cell::none, Cell::from);
        cells.extend([position, Cell::none(), Cell::prose(&broken.message).tone(Tone::Bad)]);
        return cells;
    }
    match &report.verify {
        None => cells.extend([report.position.into(), report.at.into(), Cell::data(&report.state)]),
        Some(verify) => {
            let result = match verify.differences.as_slice() {
                [] => Cell::new("no differences").tone(Tone::Good),
                some => Cell::prose(some.iter().map(line).collect::<Vec<_>>().join("; ")).tone(Tone::Bad),
            };
            cells.extend([read_model(verify).into(), verify.snapshots_compared.into(), result]);
        }
    }
    cells
}
