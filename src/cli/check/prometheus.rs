//! Metrics in the text format of Prometheus.

use crate::event::escape_unsafe;
use crate::ops::check_head::HeadReport;
use crate::ops::check_integrity::IntegrityReport;
use crate::ops::checkpoints::CheckedLag;
use crate::ops::checkpoints::CheckpointStatus;
use crate::ops::checkpoints::LagReport;

/// Returns the metrics of a check of lag.
pub(super) fn lag(report: &LagReport) -> String {
    let mut text = String::new();
    let mut family = |name: &str, help: &str, value: &dyn Fn(&CheckedLag) -> Option<String>| {
        text.push_str(&format!("# HELP esctl_{name} {help}\n# TYPE esctl_{name} gauge\n"));
        for checked in &report.checkpoints {
            if let Some(value) = value(checked) {
                text.push_str(&format!("esctl_{name}{{{}}} {value}\n", labels(&checked.checkpoint)));
            }
        }
    };
    family("checkpoint_lag_events", "Events that wait behind the checkpoint.", &|it| {
        it.checkpoint.lag_events.map(|lag| lag.to_string())
    });
    family("checkpoint_lag_seconds", "Age of the oldest event that waits behind the checkpoint.", &|it| {
        it.checkpoint.lag_seconds.map(|lag| lag.to_string())
    });
    family("checkpoint_position", "Last position that was handled.", &|it| {
        it.checkpoint.position.map(|position| position.to_string())
    });
    family("checkpoint_head_position", "Last position of the store.", &|it| it.checkpoint.head.map(|head| head.to_string()));
    family("checkpoint_severity", "Severity: 0 ok, 1 warning, 2 critical, 3 unknown.", &|it| {
        Some(it.severity.exit_code().to_string())
    });
    text
}

/// Returns the metrics of a check of the last event.
pub(super) fn head(report: &HeadReport) -> String {
    let mut text = gauge("head_position", "Last position of the store.", &report.position.to_string());
    if let Some(age) = report.age_seconds {
        text.push_str(&gauge("head_age_seconds", "Age of the last event.", &age.to_string()));
    }
    text
}

/// Returns the metrics of a verification.
pub(super) fn integrity(report: &IntegrityReport) -> String {
    let events = gauge("integrity_events", "Events that were checked.", &report.events.to_string());
    events + &gauge("integrity_findings", "Findings of the verification.", &report.findings_total.to_string())
}

fn gauge(name: &str, help: &str, value: &str) -> String {
    format!("# HELP esctl_{name} {help}\n# TYPE esctl_{name} gauge\nesctl_{name} {value}\n")
}

/// Returns the labels of a checkpoint. One name may have a checkpoint for each stream, category or type.
fn labels(checkpoint: &CheckpointStatus) -> String {
    let of = [("stream", &checkpoint.stream), ("category", &checkpoint.category), ("type", &checkpoint.event_type)];
    let of = of.into_iter().filter_map(|(name, value)| Some(format!(",{name}=\"{}\"", label(value.as_ref()?))));
    format!("checkpoint=\"{}\"{}", label(&checkpoint.name), of.collect::<String>())
}

fn label(name: &str) -> String {
    escape_unsafe(name).replace('\\', "\\\\").replace('"', "\\\"")
}
