//! The layout of the report of a benchmark.

use serde::Serialize;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::ops::bench::BenchReport;

/// Prints the report of a scratch store, which is removed; `bare` is the name of the baseline.
pub(super) fn show(app: &App, report: &BenchReport, bare: &str) -> Result<(), CliError> {
    show_with(app, report, bare, " (removed)")
}

/// Prints the report of a store that stays.
pub(super) fn show_kept(app: &App, report: &BenchReport, bare: &str) -> Result<(), CliError> {
    show_with(app, report, bare, "")
}

fn show_with(app: &App, report: &BenchReport, bare: &str, removed: &str) -> Result<(), CliError> {
    app.out.one(report, |sheet| {
        sheet.field("what", report.what);
        let (events, streams) = (report.events, report.streams);
        let writers = if report.writers > 1 { format!(", {} writers", report.writers) } else { String::new() };
        let streams = match streams {
            None => String::new(),
            Some(1) => " in 1 stream".to_owned(),
            Some(streams) => format!(" in {streams} streams"),
        };
        let commit = match (report.commands, report.group) {
            (Some(_), _) => String::new(),
            _ if report.streams.is_none() => String::new(),
            (None, 1) => format!(", {} a commit", report.batch),
            (None, group) => format!(", {group} appends of {} a commit", report.batch),
        };
        sheet.field("events", format!("{events}{streams}{commit}{writers}"));
        if report.existing > 0 {
            sheet.field("existing", format!("{} events", report.existing));
        }
        sheet.field("esctl", format!("{:.0} events/s", report.events_per_second));
        sheet.field(bare, format!("{:.0} events/s", report.bare_events_per_second));
        sheet.field("ratio", format!("{:.2}", report.ratio));
        if let Some(grouping) = report.grouping {
            sheet.field("one writer", format!("{:.0} events/s", grouping.one_writer_events_per_second));
            sheet.field("gain", format!("{:.1} times one writer", grouping.gain));
        }
        if let Some(commands) = report.commands {
            sheet.field("refused", format!("{} of {events} commands", commands.refused));
        }
        if let Some(spread) = report.spread {
            let (rate, ratio) = (spread.spread_events_per_second, spread.ratio_to_spread);
            sheet.field("1000 streams", format!("{rate:.0} events/s; this is {ratio:.2} of it"));
        }
        if let Some(scan) = report.beside_scan {
            sheet.field("scan", format!("{:.0} events/s", scan.scan_events_per_second));
            sheet.field("time", format!("{:.2} times the scan's", scan.times_the_scan));
        }
        if let Some(latency) = report.latency {
            sheet.field("latency", format!("{} µs median, {} µs 99 of 100", latency.p50_micros, latency.p99_micros));
        }
        sheet.field("memory", memory(report).map_or_else(|| "not known".into(), |memory| format!("{memory} at most")));
        sheet.field("seconds", format!("{:.3}", report.seconds));
        let indexes = if report.indexed { "; with the unique indexes of the store" } else { "" };
        sheet.field("statement", format!("{}{indexes}", report.bare_statement));
        sheet.field("store", format!("{}{removed}", report.store));
    })
}

fn memory(report: &BenchReport) -> Option<String> {
    report.peak_memory_bytes.map(|bytes| format!("{:.1} MiB", bytes as f64 / 1_048_576.0))
}

/// A report with its rate as a part of that of the first one.
#[derive(Serialize)]
struct SweepItem<'r> {
    #[serde(flatten)]
    report: &'r BenchReport,
    of_first: f64,
}

/// Prints the reports of several numbers of streams.
pub(super) fn show_sweep(app: &App, reports: &[BenchReport], bare: &str) -> Result<(), CliError> {
    let columns = ["streams", "events", "esctl events/s", "of the first", bare, "ratio", "memory"];
    let mut list = app.out.list(Listing::new(columns).unlimited());
    let first = reports.first().map_or(1.0, |first| first.events_per_second);
    for report in reports {
        let item = SweepItem { report, of_first: report.events_per_second / first };
        list.push(&item, || {
            vec![
                report.streams.map_or_else(Cell::none, Cell::from),
                report.events.into(),
                format!("{:.0}", report.events_per_second).as_str().into(),
                format!("{:.2}", item.of_first).as_str().into(),
                format!("{:.0}", report.bare_events_per_second).as_str().into(),
                format!("{:.2}", report.ratio).as_str().into(),
                memory(report).as_deref().map_or_else(Cell::none, Cell::new),
            ]
        })?;
    }
    list.finish(None)
}
