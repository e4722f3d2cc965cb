//! The check of the age of the last event, for monitoring.

use std::time::Duration;

use serde::Serialize;

use crate::event::Position;
use crate::event::Timestamp;
use crate::ops::severity::Severity;

/// The last event of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastEvent {
    /// Its position; 0 without events.
    pub position: Position,
    /// Its time, if it has one.
    pub recorded_at: Option<Timestamp>,
}

/// The outcome of the check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeadReport {
    /// The severity.
    pub severity: Severity,
    /// The outcome, in words.
    pub message: String,
    /// The position of the last event; 0 without events.
    pub position: Position,
    /// The time of the last event.
    pub recorded_at: Option<Timestamp>,
    /// The age of the last event.
    pub age_seconds: Option<f64>,
    /// The age over which there is a warning, in seconds.
    pub warn: Option<f64>,
    /// The age over which there is an alarm, in seconds.
    pub crit: Option<f64>,
}

/// Compares the age of the last event with limits.
pub fn check_head(last: LastEvent, now: Timestamp, warn: Option<Duration>, crit: Option<Duration>) -> HeadReport {
    let age = last.recorded_at.map(|time| now.micros_since(time) as f64 / 1e6);
    let exceeds = |limit: Option<Duration>| limit.map(|limit| age.map(|age| age > limit.as_secs_f64()));
    let severity = match (exceeds(crit), exceeds(warn)) {
        (Some(Some(true)), _) => Severity::Critical,
        (_, Some(Some(true))) => Severity::Warning,
        // There is no age to compare with the limit.
        (Some(None), _) | (_, Some(None)) => Severity::Unknown,
        _ => Severity::Ok,
    };
    let message = match (last.position, age) {
        (Position::ZERO, _) => "no events".to_owned(),
        (position, Some(age)) => format!("the last event is at position {position}, {age:.1} s old"),
        (position, None) => format!("the last event is at position {position}, and has no time"),
    };
    let seconds = |limit: Option<Duration>| limit.map(|limit| limit.as_secs_f64());
    HeadReport {
        severity,
        message,
        position: last.position,
        recorded_at: last.recorded_at,
        age_seconds: age,
        warn: seconds(warn),
        crit: seconds(crit),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::LastEvent;
    use super::check_head;
    use crate::event::Position;
    use crate::event::Timestamp;
    use crate::ops::severity::Severity;

    #[test]
    fn the_age_of_the_last_event_is_compared_with_the_limits() {
        let now = Timestamp::from_micros(100_000_000).unwrap();
        let at = |seconds: i64| Some(Timestamp::from_micros(seconds * 1_000_000).unwrap());
        let limit = |seconds| Some(Duration::from_secs(seconds));
        for (recorded_at, warn, crit, expected) in [
            (at(90), None, None, Severity::Ok),
            (at(90), limit(10), limit(20), Severity::Ok),
            (at(89), limit(10), limit(20), Severity::Warning),
            (at(79), limit(10), limit(20), Severity::Critical),
            (at(200), limit(10), limit(20), Severity::Ok),
            (None, limit(10), None, Severity::Unknown),
            (None, None, None, Severity::Ok),
        ] {
            let last = LastEvent { position: Position(7), recorded_at };
            assert_eq!(check_head(last, now, warn, crit).severity, expected, "{recorded_at:?} {warn:?} {crit:?}");
        }
        let empty = LastEvent { position: Position::ZERO, recorded_at: None };
        let report = check_head(empty, now, limit(10), None);
        assert_eq!((report.severity, report.message.as_str()), (Severity::Unknown, "no events"));
    }
}
