//! The output of monitoring plugins: one line, with performance data after a bar.

use crate::cli::error::CliError;
use crate::event::escape_unsafe;
use crate::ops::check_head::HeadReport;
use crate::ops::check_integrity::IntegrityReport;
use crate::ops::checkpoints::CheckedLag;
use crate::ops::checkpoints::LagLimit;
use crate::ops::checkpoints::LagReport;

/// Returns the line of a check of lag.
pub(super) fn lag(report: &LagReport) -> String {
    let mut samples: Vec<Sample> = Vec::new();
    for sample in report.checkpoints.iter().flat_map(|it| performance(it, report)) {
        // Of several checkpoints with the same label, the worst counts: a label is unique.
        match samples.iter_mut().find(|known| known.label == sample.label) {
            Some(known) if sample.value > known.value => *known = sample,
            Some(_) => {}
            None => samples.push(sample),
        }
    }
    let data = samples.into_iter().map(|sample| sample.text).collect::<Vec<_>>().join(" ");
    let data = if data.is_empty() { data } else { format!(" | {data}") };
    format!("LAG {} - {}{data}", report.severity.name(), plain(&report.message))
}

/// Returns the line of a check of the last event.
pub(super) fn head(report: &HeadReport) -> String {
    let limit = |limit: Option<f64>| limit.map(|limit| limit.to_string()).unwrap_or_default();
    let data = report.age_seconds.map(|age| format!(" | age={age:.3}s;{};{};0", limit(report.warn), limit(report.crit)));
    format!("HEAD {} - {}{}", report.severity.name(), plain(&report.message), data.unwrap_or_default())
}

/// Returns the line of a verification.
pub(super) fn integrity(report: &IntegrityReport) -> String {
    let IntegrityReport { severity, message, events, findings_total, .. } = report;
    format!("INTEGRITY {} - {} | findings={findings_total};;0;0 events={events}", severity.name(), plain(message))
}

/// Returns the line of a check that could not be made.
pub(super) fn unknown(check: &str, error: &CliError) -> String {
    // A message of several lines is one line here.
    let message = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{check} UNKNOWN - {}", plain(&message))
}

/// A value of performance data.
struct Sample {
    label: String,
    value: f64,
    /// The value with its label and limits.
    text: String,
}

fn performance(checked: &CheckedLag, report: &LagReport) -> Vec<Sample> {
    let of = &checked.checkpoint;
    // One name may have a checkpoint for each stream, category or type.
    let parts = [Some(&of.name), of.stream.as_ref(), of.category.as_ref(), of.event_type.as_ref()];
    let name = label(&parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" "));
    let limits = |pick: fn(LagLimit) -> Option<String>| {
        let [warn, crit] = [report.warn, report.crit].map(|limit| limit.and_then(pick).unwrap_or_default());
        format!("{warn};{crit};0")
    };
    let events = checked.checkpoint.lag_events.map(|lag| {
        let limits = limits(|limit| if let LagLimit::Events(limit) = limit { Some(limit.to_string()) } else { None });
        let label = format!("'{name} events'");
        Sample { text: format!("{label}={lag};{limits}"), value: lag as f64, label }
    });
    let seconds = checked.checkpoint.lag_seconds.map(|lag| {
        let limits =
            limits(|limit| if let LagLimit::Seconds(limit) = limit { Some(limit.as_secs_f64().to_string()) } else { None });
        let label = format!("'{name} seconds'");
        Sample { text: format!("{label}={lag:.3}s;{limits}"), value: lag, label }
    });
    events.into_iter().chain(seconds).collect()
}

/// Returns a text without the bar before performance data, on one line.
fn plain(text: &str) -> String {
    escape_unsafe(text).replace('|', "/")
}

/// Returns a label of performance data.
fn label(name: &str) -> String {
    plain(name).replace('=', "_").replace('\'', "''")
}

#[cfg(test)]
mod tests {
    use super::lag;
    use crate::ops::checkpoints::CheckpointState;
    use crate::ops::checkpoints::CheckpointStatus;
    use crate::ops::checkpoints::LagLimit;
    use crate::ops::checkpoints::LagLimits;
    use crate::ops::checkpoints::check_lag;

    fn checkpoint(name: &str) -> CheckpointStatus {
        CheckpointStatus {
            name: name.into(),
            state: CheckpointState::Behind,
            position: None,
            version: None,
            head: None,
            lag_events: Some(2),
            lag_seconds: Some(1.5),
            time: None,
            stream: None,
            category: None,
            event_type: None,
            message: None,
        }
    }

    #[test]
    fn checkpoints_of_one_name_are_one_label_with_the_worst_value() {
        let checkpoint = |lag_events: u64, lag_seconds: f64| CheckpointStatus {
            lag_events: Some(lag_events),
            lag_seconds: Some(lag_seconds),
            ..checkpoint("mails")
        };
        let line = lag(&check_lag(vec![checkpoint(4, 9.0), checkpoint(7, 3.0)], LagLimits::default()));
        assert!(line.ends_with(" | 'mails events'=7;;;0 'mails seconds'=9.000s;;;0"), "{line}");
    }

    #[test]
    fn a_line_has_performance_data_and_names_cannot_break_it() {
        let checkpoint = checkpoint("a|b='c'\n\u{1b}");
        let report = check_lag(vec![checkpoint], LagLimits { warn: Some(LagLimit::Events(1)), crit: Some(LagLimit::Events(10)) });
        let line = lag(&report);
        assert_eq!(line.matches(['|', '\n', '\u{1b}']).count(), 1, "{line}");
        assert!(line.starts_with("LAG WARNING - 1 of 1 checkpoints: a/b='c'"), "{line}");
        assert!(line.contains("events'=2;1;10;0 ") && line.contains("seconds'=1.500s;;;0"), "{line}");
    }
}
