//! The command `esctl layout check`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::cli::output::Sheet;
use crate::cli::read_layout::read_layout;
use crate::ops::layouts::CheckReport;
use crate::ops::layouts::CheckedTable;
use crate::ops::layouts::check;
use crate::store::foreign::open_foreign;

/// Check a layout against a database: tables, columns, indexes, and the first events
#[derive(Debug, Args)]
pub struct LayoutCheckArgs {
    /// Name of a built-in layout, or a file; - reads stdin
    #[arg(value_name = "NAME|FILE", value_hint = clap::ValueHint::FilePath, add = NameSource::Layouts)]
    layout: String,
}

impl LayoutCheckArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let shown = read_layout(&self.layout, app.open_options().timeout)?;
        let database = open_foreign(&app.store_url()?, &app.open_options())?;
        let report = check(&shown.name, &shown.layout, &database).await?;
        app.out.one(&report, |sheet| draw(sheet, &report))?;
        if report.ok {
            return Ok(());
        }
        let errors = report.findings.iter().filter(|finding| finding.error).count();
        let message = format!("layout {} does not read {}: {errors} errors", report.layout, report.store);
        Err(CliError::check_failed(message).code("layout_check_failed").with("errors", errors))
    }
}

fn draw(sheet: &mut Sheet, report: &CheckReport) {
    sheet.field("layout", report.layout.as_str());
    sheet.field("store", report.store.as_str());
    for table in &report.tables {
        sheet.heading(&table.table);
        let events = table.events.map_or_else(|| "not counted in time".to_owned(), |events| events.to_string());
        sheet.field("events", events);
        let order = if table.in_order { "" } else { ", in no order: no index gives one" };
        let hidden = if table.hidden > 0 { format!(", {} of them hidden", table.hidden) } else { String::new() };
        sheet.field("mapped", format!("{}{hidden}{order}", mapped(report, table)));
        sheet.table(&["position", "stream", "version", "type", "time", "id", "data"], rows(table));
    }
    if !report.findings.is_empty() {
        sheet.heading("findings");
        for finding in &report.findings {
            let lead = if finding.error { "error: " } else { "note: " };
            sheet.line(format!("{lead}{}", finding.message));
            if let Some(statement) = &finding.statement {
                sheet.line(format!("  {statement}"));
            }
        }
    }
}

fn mapped(report: &CheckReport, table: &CheckedTable) -> String {
    let is_whole = !report.findings.iter().any(|finding| finding.kind == "row");
    if is_whole { format!("the first {}", table.mapped) } else { format!("{} of the first rows", table.mapped) }
}

fn rows(table: &CheckedTable) -> Vec<Vec<Cell>> {
    let number = |number: Option<i64>| number.map_or_else(Cell::none, Cell::number);
    let text = |text: Option<&str>| text.map_or_else(Cell::none, Cell::new);
    let row = |event: &crate::store::layout::MappedEvent<'_>| {
        vec![
            number(event.position),
            text(event.stream.as_deref()),
            number(event.version),
            (&*event.event_type).into(),
            event.recorded_at.map_or_else(Cell::none, Cell::time),
            text(event.original_id.as_deref()),
            Cell::data_text(event.data.get()),
        ]
    };
    table.first_events.iter().map(row).collect()
}
