//! The verification of a store of another program, and its report.

use crate::cli::app::App;
use crate::cli::checkpoint::checkpoint_cells;
use crate::cli::checkpoint::checkpoint_columns;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Sheet;
use crate::cli::output::Tone;
use crate::cli::reducer_arg::reducer;
use crate::event::StreamName;
use crate::ops::verify::Finding;
use crate::ops::verify::ForeignVerify;
use crate::ops::verify::VerifyReport;
use crate::ops::verify::layout::VerifyLayout;
use crate::ops::verify::layout::verify_layout;
use crate::store::layout_store::LayoutTables;

/// Verifies the store, or one stream of it, and prints the report.
pub(super) async fn verify_with_layout(
    app: &App,
    tables: &LayoutTables,
    stream: Option<StreamName>,
    named: Option<&str>,
) -> Result<(), CliError> {
    let reducer = named.map(|name| reducer(app, Some(name))).transpose()?;
    let input = VerifyLayout { stream, reducer, now: app.now() };
    let store = tables.store(app.open_options());
    let bar = app.out.progress(None, "rows");
    let report = verify_layout(tables, &store, &input, &mut |rows| bar.advance(rows)).await?;
    bar.finish();
    app.out.one(&report, |sheet| draw(sheet, &report))?;
    if report.ok {
        return Ok(());
    }
    let found = match report.findings_total {
        1 => "1 finding".to_owned(),
        found => format!("{found} findings"),
    };
    let layout = report.foreign.map_or_else(String::new, |foreign| foreign.layout);
    let error = CliError::integrity(format!("{found} in the store of layout {layout}"));
    let hint = match report.findings.iter().all(|finding| finding.kind == "index") {
        true => format!("run 'esctl layout check {}' for the statement that creates the index", app.layout().unwrap_or_default()),
        false => "esctl only reads this store; the program that writes it, or an operator of its database, can repair it".into(),
    };
    Err(error.code("store_damaged").hint(hint))
}

fn draw(sheet: &mut Sheet, report: &VerifyReport) {
    let verdict = if report.ok { Cell::new("ok").tone(Tone::Good) } else { Cell::new("damaged").tone(Tone::Bad) };
    sheet.field("verdict", verdict);
    let Some(ForeignVerify { layout, not_checked, notes_total, notes, checkpoints }) = &report.foreign else { return };
    sheet.field("layout", layout.as_str());
    if let Some(stream) = &report.stream {
        sheet.field("stream", stream.as_str());
    }
    let checked = format!("{} events, {} streams, {} snapshots", report.events, report.streams, report.snapshots);
    sheet.field("checked", checked);
    sheet.field("head", report.head_position);
    for what in not_checked {
        sheet.field("not checked", Cell::prose(what));
    }
    let columns = ["finding", "stream", "version", "position", "what is wrong"];
    sheet.table(&columns, report.findings.iter().map(row).collect());
    more(sheet, report.findings_total, report.findings.len(), "findings");
    if !checkpoints.is_empty() {
        sheet.heading("checkpoints");
        sheet.table(&checkpoint_columns(checkpoints), checkpoints.iter().map(|it| checkpoint_cells(it, checkpoints)).collect());
    }
    if !notes.is_empty() {
        sheet.heading("notes, which are no damage");
        sheet.table(&["note", "stream", "version", "position", "what was found"], notes.iter().map(row).collect());
        more(sheet, *notes_total, notes.len(), "notes");
    }
}

fn more(sheet: &mut Sheet, total: u64, listed: usize, what: &str) {
    let rest = total.saturating_sub(listed as u64);
    if rest > 0 {
        sheet.line(format!("… and {rest} more {what}"));
    }
}

fn row(finding: &Finding) -> Vec<Cell> {
    let number = |cell: Option<Cell>| cell.unwrap_or_else(Cell::none);
    vec![
        finding.kind.into(),
        finding.stream.as_deref().map_or_else(Cell::none, Cell::new),
        number(finding.version.map(Cell::from)),
        number(finding.position.map(Cell::from)),
        Cell::prose(&finding.message),
    ]
}
