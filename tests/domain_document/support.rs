//! Given, when, then: events recorded by hand, a command at a second, what it led to.

use esctl::aggregate::AggregateFold;
use esctl::aggregate::DecideError;
use esctl::aggregate::DecidedEvent;
use esctl::aggregate::Decider;
use esctl::aggregate::FoldError;
use esctl::aggregate::Rejection;
use esctl::domain::document::Document;
use esctl::event::Timestamp;
use esctl::testing::Recorded;
use serde_json::Value;
use serde_json::json;

pub type Plan = AggregateFold<Document>;

/// Returns a time, this number of seconds after 2025-12-03T16:00:00Z.
pub fn second(after: i64) -> Timestamp {
    let start: Timestamp = "2025-12-03T16:00:00Z".parse().unwrap();
    Timestamp::from_micros(start.micros() + after * 1_000_000).unwrap()
}

/// Applies an event as the store gives it back, from its text; each a second later, by `ann`.
pub fn record(fold: &mut Plan, event_type: &str, data: &str) -> Result<(), FoldError> {
    let at = second(fold.stream_version().0 as i64 + 1);
    Recorded { client_id: "ann", ..Recorded::new(event_type, data, at) }.apply_to(fold)
}

pub fn given(events: &[(&str, Value)]) -> Plan {
    let mut fold = AggregateFold::new("document-plan");
    for (event_type, data) in events {
        record(&mut fold, event_type, &data.to_string()).unwrap();
    }
    fold
}

pub fn created(document: Value) -> (&'static str, Value) {
    ("document.created", json!({ "document": document }))
}

pub fn deleted() -> (&'static str, Value) {
    ("document.deleted", json!({}))
}

/// Decides and, where that led to events, records them.
pub fn run(fold: &mut Plan, command: &str, payload: &Value) -> Result<Vec<DecidedEvent>, DecideError> {
    let events = fold.decide(command, payload, second(99))?;
    for event in &events {
        assert_eq!(event.schema_version, 1);
        record(fold, event.event_type, event.data.as_str()).unwrap();
    }
    Ok(events)
}

/// The rejection that a command on a document ends with.
pub fn rejection(fold: &Plan, command: &str, payload: &Value) -> Rejection {
    match fold.decide(command, payload, second(99)) {
        Err(DecideError::Rejected(rejection)) => rejection,
        other => panic!("{command} {payload}: {other:?}"),
    }
}

/// Returns the content of the document.
pub fn holds(fold: &Plan) -> Option<Value> {
    fold.state().document.clone().map(Value::Object)
}
