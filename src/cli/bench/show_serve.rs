//! The layout of the report of a server benchmark.

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::ops::bench::FanOutReport;
use crate::ops::bench::Latency;
use crate::ops::bench::ServeReport;

/// Prints the report.
pub(super) fn show(app: &App, report: &ServeReport) -> Result<(), CliError> {
    app.out.one(report, |sheet| {
        sheet.field("what", report.what);
        let lost = if report.clients_lost > 0 { format!(", {} lost", report.clients_lost) } else { String::new() };
        sheet.field("clients", format!("{} listening to {} streams{lost}", report.clients, report.streams));
        sheet.field("connected in", format!("{:.3} s", report.connect_seconds));
        let idle = report.idle_bytes_per_client.map(|bytes| format!("{:.1} KiB of the server", bytes as f64 / 1024.0));
        sheet.field("an idle client", idle.unwrap_or_else(|| "not known".into()));
        sheet.field("fan-out", fan_out(&report.fan_out));
        sheet.field("  latency", latency(report.fan_out.latency));
        let commands = &report.commands;
        let troubles = match (commands.failed, commands.unanswered) {
            (0, 0) => String::new(),
            (failed, unanswered) => format!(", {failed} failed, {unanswered} without an answer"),
        };
        sheet.field("commands", format!("{:.0}/s of {}/s{troubles}", commands.per_second, commands.wanted_per_second));
        sheet.field("  latency", latency(commands.latency));
        let slow = &report.slow_client;
        let end = slow.close_code.map_or_else(|| "was not disconnected".into(), |code| format!("disconnected with {code}"));
        sheet.field("a slow client", format!("{end}, after {} of {} events", slow.heard, slow.events));
        sheet.field("  the others", fan_out(&slow.others));
        sheet.field("  latency", latency(slow.others.latency));
        if let Some(failure) = &report.first_failure {
            sheet.field("first failure", failure.as_str());
        }
        let memory = report.server_peak_memory_bytes.map(|bytes| format!("{:.1} MiB at most", bytes as f64 / 1_048_576.0));
        sheet.field("memory", memory.unwrap_or_else(|| "not known".into()));
        sheet.field("seconds", format!("{:.3}", report.seconds));
        sheet.field("store", report.store.as_str());
    })
}

fn fan_out(heard: &FanOutReport) -> String {
    let wrong = match (heard.missing, heard.doubled) {
        (0, 0) => String::new(),
        (missing, doubled) => format!(", {missing} missing, {doubled} doubled"),
    };
    let (rate, wanted) = (heard.deliveries_per_second, heard.wanted_per_second);
    format!("{rate:.0} events/s of {wanted}/s, from {} recorded{wrong}", heard.events)
}

fn latency(latency: Option<Latency>) -> String {
    latency.map_or_else(
        || "not known".into(),
        |latency| format!("{} µs median, {} µs 99 of 100", latency.p50_micros, latency.p99_micros),
    )
}
