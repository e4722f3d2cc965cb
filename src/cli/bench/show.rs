//! The layout of the report of a benchmark.

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::ops::bench::BenchReport;

/// Prints the report; `bare` is the name of the baseline.
pub(super) fn show(app: &App, report: &BenchReport, bare: &str) -> Result<(), CliError> {
    app.out.one(report, |sheet| {
        sheet.field("what", report.what);
        let (events, streams) = (report.events, report.streams);
        let writers = if report.writers > 1 { format!(", {} writers", report.writers) } else { String::new() };
        let streams = if streams == 1 { "1 stream".to_owned() } else { format!("{streams} streams") };
        let commit = if report.commands.is_some() { String::new() } else { format!(", {} a commit", report.batch) };
        sheet.field("events", format!("{events} in {streams}{commit}{writers}"));
        sheet.field("esctl", format!("{:.0} events/s", report.events_per_second));
        sheet.field(bare, format!("{:.0} events/s", report.bare_events_per_second));
        sheet.field("ratio", format!("{:.2}", report.ratio));
        if let Some(grouping) = report.grouping {
            sheet.field("one writer", format!("{:.0} events/s", grouping.one_writer_events_per_second));
            sheet.field("gain", format!("{:.1} times one writer", grouping.gain));
        }
        if let Some(commands) = report.commands {
            sheet.field("refused", format!("{} of {events} commands", commands.refused));
            if let (Some(spread), Some(ratio)) = (commands.spread_events_per_second, commands.ratio_to_spread) {
                sheet.field("1000 streams", format!("{spread:.0} events/s; this is {ratio:.2} of it"));
            }
        }
        if let Some(scan) = report.beside_scan {
            sheet.field("scan", format!("{:.0} events/s", scan.scan_events_per_second));
            sheet.field("time", format!("{:.2} times the scan's", scan.times_the_scan));
        }
        if let Some(latency) = report.latency {
            sheet.field("latency", format!("{} µs median, {} µs 99 of 100", latency.p50_micros, latency.p99_micros));
        }
        let memory = report.peak_memory_bytes.map(|bytes| format!("{:.1} MiB at most", bytes as f64 / 1_048_576.0));
        sheet.field("memory", memory.unwrap_or_else(|| "not known".into()));
        sheet.field("seconds", format!("{:.3}", report.seconds));
        sheet.field("store", format!("{} (removed)", report.store));
    })
}
