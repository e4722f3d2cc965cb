//! Metrics in the text format of Prometheus.

use crate::event::escape_unsafe;
use crate::ops::checkpoints::CheckedLag;
use crate::ops::checkpoints::LagReport;

/// Returns the metrics of a check of lag.
pub(super) fn lag(report: &LagReport) -> String {
    let mut text = String::new();
    let mut family = |name: &str, help: &str, value: &dyn Fn(&CheckedLag) -> Option<String>| {
        text.push_str(&format!("# HELP esctl_{name} {help}\n# TYPE esctl_{name} gauge\n"));
        for checked in &report.checkpoints {
            if let Some(value) = value(checked) {
                text.push_str(&format!("esctl_{name}{{checkpoint=\"{}\"}} {value}\n", label(&checked.checkpoint.name)));
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

fn label(name: &str) -> String {
    escape_unsafe(name).replace('\\', "\\\\").replace('"', "\\\"")
}
