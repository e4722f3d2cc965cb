//! The snapshots of a store of another program: listed, shown and compared.

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::reducer_arg::reducer;
use crate::cli::snapshot::result_cell::result_cell;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::snapshots::SnapshotCheck;
use crate::ops::snapshots::foreign::CheckedForeign;
use crate::ops::snapshots::foreign::ForeignInfo;
use crate::ops::snapshots::foreign::ForeignSnapshots;
use crate::store::layout_store::LayoutTables;

/// Lists the snapshots of a stream, or of all.
pub(super) async fn list(app: &App, tables: &LayoutTables, stream: Option<StreamName>) -> Result<(), CliError> {
    let mut snapshots = open(app, tables, stream.as_ref()).await?;
    let listing = Listing::new(["stream", "version", "reducer", "taken", "bytes"]);
    let listing = listing.fields(["stream", "version", "reducer", "reducer_version", "taken_at", "bytes"]);
    let mut list = app.out.list(listing.empty("no snapshots"));
    while let Some(info) = snapshots.next().await? {
        let cells = || {
            let ForeignInfo { stream, version, bytes, .. } = &info;
            let bytes = bytes.map_or_else(Cell::none, Cell::from);
            vec![text(stream.as_deref()), number(*version), Cell::none(), Cell::none(), bytes]
        };
        if !list.push(&info, cells)? {
            break;
        }
    }
    list.finish(None)
}

/// Shows the newest snapshot of a stream, or the one at a version.
pub(super) async fn show(
    app: &App,
    tables: &LayoutTables,
    stream: &StreamName,
    version: Option<Version>,
) -> Result<(), CliError> {
    let report = open(app, tables, Some(stream)).await?.show(stream, version).await?;
    app.out.one(&report, |sheet| {
        sheet.field("stream", stream.as_str());
        sheet.field("version", number(report.info.version));
        if let Some(bytes) = report.info.bytes {
            sheet.field("size", format!("{bytes} bytes"));
        }
        sheet.heading("state");
        if report.damage.is_none() {
            sheet.text(&serde_json::to_string_pretty(&report.state).unwrap_or_default());
        }
    })?;
    match &report.damage {
        Some(reason) => {
            Err(CliError::integrity(format!("the state of the snapshot cannot be read: {reason}")).code("snapshot_not_readable"))
        }
        None => Ok(()),
    }
}

/// Compares snapshots with the fold of their events.
pub(super) async fn verify(
    app: &App,
    tables: &LayoutTables,
    stream: Option<StreamName>,
    named: Option<&str>,
) -> Result<(), CliError> {
    let reducer = named.map(|name| reducer(app, Some(name))).transpose()?;
    let store = tables.store(app.open_options());
    let mut snapshots = open(app, tables, stream.as_ref()).await?;
    let listing = Listing::new(["stream", "version", "reducer", "result"]);
    let listing = listing.fields(["stream", "version", "reducer", "result", "ok", "reason"]);
    // A comparison that stops half way would report success.
    let mut list = app.out.list(listing.unlimited().empty("no snapshots"));
    let (mut wrong, mut not_checked) = (0_u64, 0_u64);
    while let Some(verdict) = snapshots.verify(&store, reducer.as_ref(), app.now()).await? {
        wrong += u64::from(verdict.result == SnapshotCheck::Differs);
        not_checked += u64::from(verdict.result == SnapshotCheck::NotChecked);
        list.push(&verdict, || {
            let CheckedForeign { stream, version, reducer, result, reason, .. } = &verdict;
            let result = result_cell(*result, reason.as_deref());
            vec![text(stream.as_deref()), number(*version), text(reducer.as_deref()), result]
        })?;
    }
    let compared = list.pushed();
    list.finish(None)?;
    if not_checked > 0 {
        let help = if reducer.is_none() { ": name the reducer that makes them with --reducer" } else { "" };
        app.out.warn(&format!("the states of {not_checked} snapshots were not compared{help}"));
    }
    if wrong == 0 {
        return Ok(());
    }
    let error = CliError::check_failed(format!("{wrong} of {compared} snapshots differ from their events"));
    let hint = "esctl only reads this store; the program that writes it can delete a wrong snapshot and take a new one";
    Err(error.code("snapshot_differs").with("wrong", wrong).hint(hint))
}

/// Opens the table of snapshots.
///
/// # Errors
/// The layout names no table of snapshots (2), or the store lacks it (3).
async fn open(app: &App, tables: &LayoutTables, stream: Option<&StreamName>) -> Result<ForeignSnapshots, CliError> {
    if !tables.parts().await?.has_snapshots {
        let layout = app.layout().unwrap_or_default();
        let error = CliError::usage(format!("layout {layout} names no table of snapshots")).code("no_snapshots");
        return Err(
            error.hint("save 'esctl layout show NAME' as a file, and add [snapshots] with from, parts, version and state")
        );
    }
    let found = ForeignSnapshots::open(tables, stream).await?;
    found.ok_or_else(|| CliError::not_found("the store has no table of snapshots as the layout names it").code("no_snapshots"))
}

fn text(text: Option<&str>) -> Cell {
    text.map_or_else(Cell::none, Cell::new)
}

fn number(version: Option<Version>) -> Cell {
    version.map_or_else(Cell::none, Cell::from)
}
