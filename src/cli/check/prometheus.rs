//! Metrics in the text format of Prometheus.

use std::collections::BTreeMap;

use crate::event::escape_unsafe;
use crate::ops::check_head::HeadReport;
use crate::ops::check_integrity::IntegrityReport;
use crate::ops::checkpoints::CheckedLag;
use crate::ops::checkpoints::CheckpointStatus;
use crate::ops::checkpoints::LagReport;

/// Returns the metrics of a check of lag.
pub(super) fn lag(report: &LagReport) -> String {
    let mut text = String::new();
    // Of several checkpoints with the same labels, such as those of two versions of a reader, the worst counts: Prometheus refuses
    // a second sample.
    let mut family = |name: &str, help: &str, value: &dyn Fn(&CheckedLag) -> Option<String>| {
        text.push_str(&format!("# HELP esctl_{name} {help}\n# TYPE esctl_{name} gauge\n"));
        let mut samples: BTreeMap<String, String> = BTreeMap::new();
        let is_place = name.ends_with("position");
        for checked in &report.checkpoints {
            let Some(value) = value(checked) else { continue };
            let number = |value: &String| value.parse::<f64>().unwrap_or_default();
            let is_worse = |known: &String| (number(&value) > number(known)) != is_place;
            let labels = labels(&checked.checkpoint);
            if samples.get(&labels).is_none_or(is_worse) {
                samples.insert(labels, value);
            }
        }
        samples.iter().for_each(|(labels, value)| text.push_str(&format!("esctl_{name}{{{labels}}} {value}\n")));
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

#[cfg(test)]
mod tests {
    use super::lag;
    use crate::event::Position;
    use crate::ops::checkpoints::CheckpointState;
    use crate::ops::checkpoints::CheckpointStatus;
    use crate::ops::checkpoints::LagLimits;
    use crate::ops::checkpoints::check_lag;

    #[test]
    fn checkpoints_with_the_same_labels_are_one_sample_with_the_worst_value() {
        let checkpoint = |position: u64, lag: u64, category: Option<&str>| CheckpointStatus {
            name: "mails".into(),
            state: CheckpointState::Behind,
            position: Some(Position(position)),
            version: None,
            head: None,
            lag_events: Some(lag),
            lag_seconds: None,
            time: None,
            stream: None,
            category: category.map(str::to_owned),
            event_type: None,
            message: None,
        };
        let all = vec![checkpoint(5, 4, None), checkpoint(2, 7, None), checkpoint(9, 0, Some("a"))];
        let text = lag(&check_lag(all, LagLimits { warn: None, crit: None }));
        let samples = |name: &str| -> Vec<&str> { text.lines().filter(|line| line.starts_with(name)).collect() };
        assert_eq!(
            samples("esctl_checkpoint_lag_events"),
            [
                "esctl_checkpoint_lag_events{checkpoint=\"mails\"} 7",
                "esctl_checkpoint_lag_events{checkpoint=\"mails\",category=\"a\"} 0"
            ]
        );
        assert_eq!(samples("esctl_checkpoint_position")[0], "esctl_checkpoint_position{checkpoint=\"mails\"} 2");
    }
}
