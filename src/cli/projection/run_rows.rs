//! Rows for the runs of projections.

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::ListWriter;
use crate::cli::output::Listing;
use crate::runtime::RunReport;

/// Returns the listing of runs.
pub(super) fn listing() -> Listing {
    let columns = ["name", "from", "position", "events applied", "rebuilt"];
    Listing::new(columns).fields(["name", "from", "position", "events_applied", "held_back", "paused", "rebuilt"])
}

/// Adds a run to the list. Warns about events that it has held back.
pub(super) fn push(app: &App, list: &mut ListWriter<'_>, report: &RunReport) -> Result<(), CliError> {
    if report.held_back > 0 {
        let (name, count) = (&report.name, report.held_back);
        let events = if count == 1 { "1 event is".to_owned() } else { format!("{count} events are") };
        app.out.warn(&format!("projection {name}: {events} held back; see 'esctl projection errors {name}'"));
    }
    list.push(report, || row(report)).map(|_| ())
}

/// Returns the cells of a run.
pub(super) fn row(report: &RunReport) -> Vec<Cell> {
    let rebuilt = if report.rebuilt { "yes" } else { "no" };
    vec![report.name.as_str().into(), report.from.into(), report.position.into(), report.events_applied.into(), rebuilt.into()]
}
