//! The check of checkpoints against limits of lag, for monitoring.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::ops::checkpoints::status::CheckpointState;
use crate::ops::checkpoints::status::CheckpointStatus;
use crate::ops::severity::Severity;

/// A limit of lag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LagLimit {
    /// A number of waiting events.
    Events(u64),
    /// The age of the oldest waiting event.
    #[serde(serialize_with = "seconds")]
    Seconds(Duration),
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

impl LagLimit {
    /// Returns true if the limit is below another one of the same unit.
    pub fn is_below(self, other: Self) -> bool {
        match (self, other) {
            (Self::Events(one), Self::Events(other)) => one < other,
            (Self::Seconds(one), Self::Seconds(other)) => one < other,
            _ => false,
        }
    }

    /// Returns true for a lag over the limit; `None` if it cannot be said.
    fn is_exceeded(self, checkpoint: &CheckpointStatus) -> Option<bool> {
        match self {
            Self::Events(limit) => checkpoint.lag_events.map(|lag| lag > limit),
            Self::Seconds(limit) => checkpoint.lag_seconds.map(|lag| lag > limit.as_secs_f64()),
        }
    }
}

impl fmt::Display for LagLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Events(events) => write!(f, "{events}"),
            Self::Seconds(duration) => write!(f, "{}s", duration.as_secs_f64()),
        }
    }
}

/// The limits of a check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LagLimits {
    /// The lag over which there is a warning.
    pub warn: Option<LagLimit>,
    /// The lag over which there is an alarm.
    pub crit: Option<LagLimit>,
}

/// A checkpoint, and its severity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckedLag {
    /// The severity.
    pub severity: Severity,
    /// The checkpoint.
    #[serde(flatten)]
    pub checkpoint: CheckpointStatus,
}

/// The outcome of a check of lag.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LagReport {
    /// The highest severity.
    pub severity: Severity,
    /// The outcome, in words.
    pub message: String,
    /// The lag over which there is a warning.
    pub warn: Option<LagLimit>,
    /// The lag over which there is an alarm.
    pub crit: Option<LagLimit>,
    /// The checkpoints.
    pub checkpoints: Vec<CheckedLag>,
}

/// The number of checkpoints that a message names.
const NAMED: usize = 5;

/// Compares the lag of checkpoints with limits.
pub fn check_lag(checkpoints: Vec<CheckpointStatus>, limits: LagLimits) -> LagReport {
    let checked = |checkpoint: CheckpointStatus| CheckedLag { severity: severity(&checkpoint, limits), checkpoint };
    let checkpoints: Vec<CheckedLag> = checkpoints.into_iter().map(checked).collect();
    // Without a checkpoint, nothing was compared.
    let severity = checkpoints.iter().map(|it| it.severity).max().unwrap_or(Severity::Unknown);
    let mut bad: Vec<&CheckedLag> = checkpoints.iter().filter(|it| it.severity > Severity::Ok).collect();
    bad.sort_by_key(|it| std::cmp::Reverse(it.severity));
    let message = match (bad.as_slice(), checkpoints.len()) {
        ([], 0) => "no checkpoints: no reader has kept its place".to_owned(),
        ([], 1) => format!("1 checkpoint: {}", in_words(&checkpoints[0].checkpoint)),
        ([], count) => format!("{count} checkpoints{}", largest(&checkpoints)),
        (bad, count) => {
            let named = bad.iter().take(NAMED).map(|it| in_words(&it.checkpoint)).collect::<Vec<_>>().join("; ");
            let more = if bad.len() > NAMED { format!("; and {} more", bad.len() - NAMED) } else { String::new() };
            format!("{} of {count} checkpoints: {named}{more}", bad.len())
        }
    };
    LagReport { severity, message, warn: limits.warn, crit: limits.crit, checkpoints }
}

fn severity(checkpoint: &CheckpointStatus, limits: LagLimits) -> Severity {
    if checkpoint.state == CheckpointState::Unreadable {
        return Severity::Unknown;
    }
    if checkpoint.state.is_broken() {
        return Severity::Critical;
    }
    let exceeds = |limit: Option<LagLimit>| limit.map_or(Some(false), |limit| limit.is_exceeded(checkpoint));
    match (exceeds(limits.crit), exceeds(limits.warn)) {
        (Some(true), _) => Severity::Critical,
        (_, Some(true)) => Severity::Warning,
        (None, _) | (_, None) => Severity::Unknown,
        _ if checkpoint.state == CheckpointState::Unaddressed => Severity::Warning,
        _ => Severity::Ok,
    }
}

fn in_words(checkpoint: &CheckpointStatus) -> String {
    let CheckpointStatus { name, state, lag_events, lag_seconds, message, .. } = checkpoint;
    let state = state.name().replace('_', " ");
    let text = match (message, lag_events, lag_seconds) {
        (Some(message), ..) => format!("{state}, {message}"),
        (None, None, _) => format!("{state}, its lag is unknown"),
        (None, Some(0), _) => state,
        (None, Some(events), None) => format!("{state}, {} of unknown age", waiting(*events)),
        (None, Some(events), Some(seconds)) => format!("{state}, {} for {seconds:.1} s", waiting(*events)),
    };
    format!("{name} is {text}")
}

fn waiting(events: u64) -> String {
    if events == 1 { "1 event waits".to_owned() } else { format!("{events} events wait") }
}

fn largest(checkpoints: &[CheckedLag]) -> String {
    let by_events = checkpoints.iter().max_by_key(|it| it.checkpoint.lag_events);
    match by_events.filter(|it| it.checkpoint.lag_events > Some(0)) {
        Some(largest) => format!(", the furthest behind: {}", in_words(&largest.checkpoint)),
        None => ", nothing waits".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::LagLimit;
    use super::LagLimits;
    use super::check_lag;
    use crate::event::Position;
    use crate::ops::checkpoints::CheckpointState;
    use crate::ops::checkpoints::CheckpointStatus;
    use crate::ops::severity::Severity;

    fn checkpoint(state: CheckpointState, lag_events: Option<u64>, lag_seconds: Option<f64>) -> CheckpointStatus {
        CheckpointStatus {
            name: "mails".into(),
            state,
            position: Some(Position(1)),
            version: None,
            head: Some(Position(9)),
            lag_events,
            lag_seconds,
            time: None,
            stream: None,
            category: None,
            event_type: None,
            message: None,
        }
    }

    #[test]
    fn limits_are_of_events_or_of_seconds_and_a_broken_reader_is_always_critical() {
        let (events, seconds) = (LagLimit::Events, |seconds| LagLimit::Seconds(Duration::from_secs(seconds)));
        let (behind, ahead) = (CheckpointState::Behind, CheckpointState::Ahead);
        for (state, lag_events, lag_seconds, warn, crit, expected) in [
            (behind, Some(8), Some(60.0), None, None, Severity::Ok),
            (behind, Some(8), Some(60.0), Some(events(8)), Some(events(100)), Severity::Ok),
            (behind, Some(8), Some(60.0), Some(events(7)), Some(events(100)), Severity::Warning),
            (behind, Some(8), Some(60.0), Some(events(1)), Some(events(7)), Severity::Critical),
            (behind, Some(8), Some(60.0), Some(seconds(59)), Some(seconds(61)), Severity::Warning),
            (behind, Some(8), None, Some(seconds(59)), None, Severity::Unknown),
            (behind, Some(8), None, Some(seconds(59)), Some(events(7)), Severity::Critical),
            (ahead, None, None, None, None, Severity::Critical),
            (CheckpointState::Unreadable, None, None, None, None, Severity::Unknown),
            (CheckpointState::Unaddressed, Some(0), Some(0.0), None, None, Severity::Warning),
            (CheckpointState::Current, Some(0), Some(0.0), Some(events(0)), Some(seconds(0)), Severity::Ok),
        ] {
            let report = check_lag(vec![checkpoint(state, lag_events, lag_seconds)], LagLimits { warn, crit });
            assert_eq!(report.severity, expected, "{state:?} {warn:?} {crit:?}");
        }
    }

    #[test]
    fn the_message_names_the_worst() {
        let current = || checkpoint(CheckpointState::Current, Some(0), Some(0.0));
        let behind = CheckpointStatus { name: "bills".into(), ..checkpoint(CheckpointState::Behind, Some(2), Some(12.04)) };
        let limits = |warn| LagLimits { warn, crit: None };
        let none = check_lag(Vec::new(), limits(None));
        assert_eq!((none.severity, none.message.as_str()), (Severity::Unknown, "no checkpoints: no reader has kept its place"));
        assert_eq!(check_lag(vec![current(), current()], limits(None)).message, "2 checkpoints, nothing waits");
        let both = vec![current(), behind];
        assert_eq!(
            check_lag(both.clone(), limits(None)).message,
            "2 checkpoints, the furthest behind: bills is behind, 2 events wait for 12.0 s"
        );
        assert_eq!(
            check_lag(both, limits(Some(LagLimit::Events(1)))).message,
            "1 of 2 checkpoints: bills is behind, 2 events wait for 12.0 s"
        );
    }
}
