//! An append is all or nothing, and answers what became of each event.

use std::time::Duration;

use esctl::event::EventType;
use esctl::event::ExpectedVersion;
use esctl::event::JsonObject;
use esctl::event::NewEvent;
use esctl::event::Version;
use esctl::store::Outcome;
use esctl::store::ReadQuery;
use esctl::store::RecordTime;
use esctl::store::StoreError;
use uuid::Uuid;

use crate::assert_fails;
use crate::conformance::kit::Shared;
use crate::conformance::kit::Subject;
use crate::conformance::kit::event;
use crate::conformance::kit::events;
use crate::conformance::kit::exactly;
use crate::conformance::kit::put;
use crate::conformance::kit::read;
use crate::conformance::kit::request;
use crate::conformance::kit::stream;
use crate::conformance::kit::streams;
use crate::conformance::kit::timed;
use crate::conformance::kit::typed;
use crate::conformance::kit::whole;

pub async fn a_batch_is_recorded_in_its_order_and_each_event_is_answered<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "other-1", 3).await;
    let batch: Vec<NewEvent> = (0..20).map(|number| typed(&format!("kind.{}", number % 3), number)).collect();
    let answer = store.append(request("thing-1", ExpectedVersion::NoStream, batch.clone())).await.unwrap();
    assert_eq!(answer.outcome, Outcome::Applied);
    let recorded = read(&store, ReadQuery::stream(stream("thing-1"))).await;
    assert_eq!((recorded.len(), answer.events.len()), (20, 20));
    for ((recorded, answered), brought) in recorded.iter().zip(&answer.events).zip(&batch) {
        assert_eq!(
            (recorded.position, recorded.version, recorded.recorded_at, recorded.hash),
            (answered.position, answered.version, answered.recorded_at, answered.hash)
        );
        assert_eq!((recorded.event_id, recorded.event_type.as_str()), (brought.event_id, brought.event_type.as_str()));
        assert_eq!((recorded.data.as_str(), recorded.metadata.as_str()), (brought.data.as_str(), brought.metadata.as_str()));
    }
    whole(&store).await;
}

pub async fn everything_an_event_brings_comes_back<S: Subject>(subject: S) {
    let store = subject.store();
    let brought = NewEvent {
        event_id: Uuid::from_u128(u128::MAX),
        event_type: EventType::parse("größe.geändert \"x\"'").unwrap(),
        schema_version: u32::MAX,
        data: JsonObject::parse(r#"{"b":[1,2.5,null,true],"a":{}}"#).unwrap(),
        metadata: JsonObject::parse(r#"{"client_id":"ann","correlation_id":"c"}"#).unwrap(),
    };
    store.append(request("größe-1", ExpectedVersion::Any, vec![brought.clone()])).await.unwrap();
    let recorded = whole(&store).await.remove(0);
    assert_eq!(recorded.event_id, brought.event_id);
    assert_eq!((recorded.stream.as_str(), recorded.event_type.as_str()), ("größe-1", brought.event_type.as_str()));
    assert_eq!((recorded.schema_version, recorded.version), (u32::MAX, Version(1)));
    assert_eq!((recorded.data.as_str(), recorded.metadata.as_str()), (brought.data.as_str(), brought.metadata.as_str()));
}

pub async fn what_is_refused_leaves_nothing_behind<S: Subject>(subject: S) {
    let store = subject.store();
    let known = event(0);
    store.append(request("thing-1", ExpectedVersion::Any, vec![known.clone()])).await.unwrap();
    let before = (store.head().await.unwrap(), streams(&store).await);

    let mut ends_in_known: Vec<NewEvent> = (0..50).map(|number| typed("never.seen", number)).collect();
    ends_in_known.push(known);
    let refused = [
        request("new-1", ExpectedVersion::Exists, events(2)),
        request("new-2", exactly(1), events(2)),
        request("thing-1", ExpectedVersion::NoStream, events(2)),
        request("new-3", ExpectedVersion::Any, ends_in_known.clone()),
        request("thing-1", ExpectedVersion::Any, ends_in_known),
        timed("new-4", 1, RecordTime::Given(vec![before.0.recorded_at])),
    ];
    for request in refused {
        let what = format!("{} {}", request.stream, request.expected);
        assert!(store.append(request).await.is_err(), "{what}");
        assert_eq!((store.head().await.unwrap(), streams(&store).await), before, "{what}");
    }
    put(&store, "new-3", 2).await;
    assert_eq!(whole(&store).await.len(), 3);
}

pub async fn ten_thousand_events_are_one_append<S: Subject>(subject: S) {
    let store = subject.store();
    let answer = put(&store, "thing-1", 10_000).await;
    assert_eq!(answer.events.last().unwrap().version, Version(10_000));
    let mut again = events(10_000);
    again[9_999].event_id = store.first(ReadQuery::all()).await.unwrap().unwrap().event_id;
    assert_fails!(store.append(request("thing-1", ExpectedVersion::Any, again)).await, StoreError::IdConflict { .. });
    assert_eq!(whole(&store).await.len(), 10_000);
}

pub async fn appends_made_together_each_have_their_own_outcome<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 1).await;
    let asked = vec![
        request("thing-1", exactly(1), events(2)),
        request("thing-1", exactly(1), events(2)),
        request("thing-2", ExpectedVersion::NoStream, events(3)),
        request("thing-2", ExpectedVersion::Exists, events(1)),
        request("thing-3", ExpectedVersion::Exists, events(1)),
    ];
    let outcomes = store.append_together(asked).await.unwrap();
    assert_eq!(outcomes[0].as_ref().unwrap().events[0].version, Version(2));
    assert_fails!(&outcomes[1], StoreError::Conflict { actual: Version(3), .. });
    assert_eq!(outcomes[2].as_ref().unwrap().events[2].version, Version(3));
    assert_eq!(outcomes[3].as_ref().unwrap().events[0].version, Version(4));
    assert_fails!(&outcomes[4], StoreError::Conflict { actual: Version(0), .. });
    assert_eq!(whole(&store).await.len(), 7);
}

pub async fn an_append_whose_future_is_dropped_happens_wholly_or_not_at_all<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "first-1", 1).await;
    for round in 0..40_u64 {
        let append = store.append(request(&format!("thing-{round}"), ExpectedVersion::NoStream, events(50)));
        let _ = tokio::time::timeout(Duration::from_micros(round * 50), append).await;
    }
    // Appends are made in their order: once this one is done, those before it are done or were never begun.
    put(&store, "last-1", 1).await;
    whole(&store).await;
    for info in streams(&store).await.iter().filter(|info| info.category == "thing") {
        assert_eq!(info.version, Version(50), "{}", info.stream);
    }
}

pub async fn what_one_handle_appends_another_one_reads_at_once<S: Shared>(subject: S) {
    let (one, other) = (subject.open(), subject.open());
    for round in 1..=30 {
        let answer = put(&one, "thing-1", 1).await;
        let head = other.head().await.unwrap();
        assert_eq!((head.position.0, head.hash), (round, answer.events[0].hash));
    }
    assert_eq!(whole(&other).await.len(), 30);
}

pub async fn what_was_appended_is_there_when_the_store_is_opened_again<S: Shared>(subject: S) {
    let mut expected = Vec::new();
    for round in 0..5 {
        let store = subject.open();
        put(&store, &format!("thing-{round}"), 10).await;
        let now = whole(&store).await;
        assert_eq!(now[..expected.len()], expected);
        expected = now;
    }
    assert_eq!(whole(&subject.open()).await, expected);
}
