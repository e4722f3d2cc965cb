//! The requests of `esctl ui` to the library: windows over events, and one version of a stream with what it changed.

use std::time::Duration;

use esctl::event::EventType;
use esctl::event::ExpectedVersion;
use esctl::event::NewEvent;
use esctl::event::StreamName;
use esctl::event::Timestamp;
use esctl::event::Version;
use esctl::ops::OpsError;
use esctl::ops::Reducer;
use esctl::ops::browse::BrowseEvents;
use esctl::ops::browse::browse_events;
use esctl::ops::browse::state_at;
use esctl::ops::browse::store_head;
use esctl::ops::replay::PointInTime;
use esctl::ops::replay::Replay;
use esctl::ops::replay::replay;
use esctl::store::AppendRequest;
use esctl::store::RecordTime;
use esctl::store::Store;
use serde_json::Value;
use serde_json::json;

fn store() -> Store {
    esctl::store::open(&"sqlite::memory:".parse().unwrap(), Duration::from_secs(30)).unwrap()
}

async fn append(store: &Store, stream: &StreamName, event_type: &str, data: &[Value]) {
    let event = |data| NewEvent::new(EventType::parse(event_type).unwrap(), data).unwrap();
    let events = data.iter().map(event).collect();
    let stream = stream.clone();
    let request = AppendRequest { stream, expected: ExpectedVersion::Any, events, time: RecordTime::StoreClock };
    store.append(request).await.unwrap();
}

fn order() -> StreamName {
    StreamName::parse("order-1").unwrap()
}

#[tokio::test]
async fn a_window_is_where_it_is_asked_for_and_never_larger() {
    let store = store();
    let data: Vec<Value> = (1..=25).map(|n| json!({"n": n, "text": "é".repeat(1000)})).collect();
    append(&store, &StreamName::parse("other-1").unwrap(), "other.made", &[json!({})]).await;
    append(&store, &order(), "order.changed", &data).await;
    assert_eq!(store_head(&store).await.unwrap().position.0, 26);
    for (stream, from, limit, first, last, count) in [
        (Some(order()), None, 10, 16, 25, 10),
        (Some(order()), None, 100, 1, 25, 25),
        (Some(order()), Some(20), 10, 20, 25, 6),
        (Some(order()), Some(26), 10, 26, 25, 0),
        (None, None, 3, 24, 26, 3),
        (None, Some(1), 2, 1, 26, 2),
    ] {
        let page = browse_events(&store, &BrowseEvents { stream, from, limit }).await.unwrap();
        assert_eq!((page.from, page.last, page.items.len()), (first, last, count));
        assert!(page.items.iter().all(|line| line.excerpt.chars().count() <= 200));
    }
    let missing = BrowseEvents { stream: Some(StreamName::parse("order-2").unwrap()), from: None, limit: 1 };
    assert!(matches!(browse_events(&store, &missing).await, Err(OpsError::NotFound { .. })));
}

#[tokio::test]
async fn a_version_has_the_state_of_a_replay_and_what_lies_between_two_of_them() {
    let store = store();
    let data = [json!({"a": 1, "b": {"c": 2}}), json!({"a": 1}), json!({"b": {"c": null, "d": [1]}}), json!({"e": true})];
    append(&store, &order(), "order.changed", &data).await;
    for version in 1..=4 {
        let report = state_at(&store, &order(), Version(version)).await.unwrap();
        let until = PointInTime::Version(Version(version));
        let diff = Some(PointInTime::Version(Version(version - 1)));
        let input = Replay { stream: order(), until, diff, reducer: Reducer::Own, snapshots: true, now: Timestamp::MIN };
        let replayed = replay(&store, &input).await.unwrap();
        assert_eq!((report.state, report.changes), (replayed.state, replayed.diff.unwrap().changes));
        assert_eq!((report.event.version.0, report.last.0, report.reducer.as_str()), (version, 4, "merge"));
    }
    for missing in [0, 5] {
        assert!(matches!(state_at(&store, &order(), Version(missing)).await, Err(OpsError::NotThere { .. })), "{missing}");
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_folded_in_is_shown_with_the_reason() {
    let store = store();
    let stream = StreamName::parse("resource-x").unwrap();
    append(&store, &stream, "resource.created", &[json!({"nonsense": 1})]).await;
    let report = state_at(&store, &stream, Version(1)).await.unwrap();
    assert!(report.unreadable.unwrap().contains("resource.created"));
    assert_eq!((report.state, report.event.data.as_str()), (Value::Null, r#"{"nonsense":1}"#));
}
