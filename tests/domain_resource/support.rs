//! Given, when, then: events recorded by hand, a command at a second, what it led to.

use esctl::aggregate::AggregateFold;
use esctl::aggregate::DecideError;
use esctl::aggregate::DecidedEvent;
use esctl::aggregate::Decider;
use esctl::domain::resource::Resource;
use esctl::event::Timestamp;
use esctl::testing::Recorded;
use serde_json::Value;

pub type Gold = AggregateFold<Resource>;

/// Returns a time, this number of microseconds after the second 0 of all tests, 2025-12-03T16:00:00Z.
pub fn micros(after: i64) -> Timestamp {
    let start: Timestamp = "2025-12-03T16:00:00Z".parse().unwrap();
    Timestamp::from_micros(start.micros() + after).unwrap()
}

pub fn second(after: i64) -> Timestamp {
    micros(after * 1_000_000)
}

pub fn gold() -> Gold {
    AggregateFold::new("resource-gold")
}

/// Applies an event as the store gives it back: from its text.
pub fn record(fold: &mut Gold, event_type: &str, data: &str, recorded_at: Timestamp) {
    Recorded::new(event_type, data, recorded_at).apply_to(fold).unwrap();
}

pub fn given(events: &[(i64, &str, Value)]) -> Gold {
    let mut fold = gold();
    for (at, event_type, data) in events {
        record(&mut fold, event_type, &data.to_string(), second(*at));
    }
    fold
}

/// Decides and, where that led to events, records them.
pub fn run(fold: &mut Gold, command: &str, payload: &Value, now: Timestamp) -> Result<Vec<DecidedEvent>, DecideError> {
    let decided = fold.decide(command, payload, now)?;
    for event in &decided {
        assert_eq!(event.schema_version, 1);
        record(fold, event.event_type, event.data.as_str(), now);
    }
    Ok(decided)
}

/// The only event, with its data as a value.
pub fn only(events: &[DecidedEvent]) -> (&'static str, Value) {
    assert_eq!(events.len(), 1);
    (events[0].event_type, serde_json::from_str(events[0].data.as_str()).unwrap())
}
