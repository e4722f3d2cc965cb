//! An event id appended before is not appended again: the same batch answers with the first result.

use esctl::event::EventType;
use esctl::event::ExpectedVersion;
use esctl::event::JsonObject;
use esctl::event::NewEvent;
use esctl::event::Version;
use esctl::store::AppendRequest;
use esctl::store::EventField;
use esctl::store::IdConflict;
use esctl::store::Outcome;
use esctl::store::RecordTime;
use esctl::store::Store;
use esctl::store::StoreError;
use tokio::task::JoinSet;

use crate::conformance::kit::Shared;
use crate::conformance::kit::Subject;
use crate::conformance::kit::event;
use crate::conformance::kit::events;
use crate::conformance::kit::exactly;
use crate::conformance::kit::put;
use crate::conformance::kit::request;
use crate::conformance::kit::whole;

const ANY: ExpectedVersion = ExpectedVersion::Any;

async fn conflict(store: &Store, request: AppendRequest) -> (uuid::Uuid, IdConflict) {
    match store.append(request).await {
        Err(StoreError::IdConflict { event_id, reason }) => (event_id, reason),
        other => panic!("wanted an id conflict, got {other:?}"),
    }
}

pub async fn the_same_batch_again_answers_with_the_first_result_whatever_it_expects<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 1).await;
    let batch = events(3);
    let first = store.append(request("thing-1", exactly(1), batch.clone())).await.unwrap();
    put(&store, "thing-1", 1).await;
    for expected in [ANY, ExpectedVersion::NoStream, ExpectedVersion::Exists, exactly(1), exactly(5), exactly(99)] {
        let again = store.append(request("thing-1", expected, batch.clone())).await.unwrap();
        assert_eq!((again.outcome, &again.events), (Outcome::AlreadyApplied, &first.events), "{expected}");
    }
    assert_eq!(whole(&store).await.len(), 5);
}

fn object(text: &str) -> JsonObject {
    JsonObject::parse(text).unwrap()
}

pub async fn other_content_under_a_known_id_is_a_conflict_that_names_the_event<S: Subject>(subject: S) {
    let store = subject.store();
    let known = event(1);
    put(&store, "thing-1", 1).await;
    store.append(request("thing-1", ANY, vec![known.clone()])).await.unwrap();
    let others = [
        (NewEvent { data: object(r#"{"number":2}"#), ..known.clone() }, vec![EventField::Data]),
        (NewEvent { metadata: object(r#"{"client_id":"bob"}"#), ..known.clone() }, vec![EventField::Metadata]),
        (NewEvent { event_type: EventType::parse("thing.other").unwrap(), ..known.clone() }, vec![EventField::Type]),
        (NewEvent { schema_version: 2, data: object("{}"), ..known.clone() }, vec![EventField::SchemaVersion, EventField::Data]),
    ];
    for (other, differs) in others {
        for expected in [ANY, exactly(2), exactly(0)] {
            let found = conflict(&store, request("thing-1", expected, vec![other.clone()])).await;
            let reason = IdConflict::OtherEvent { stream: "thing-1".into(), version: Version(2), differs: differs.clone() };
            assert_eq!(found, (known.event_id, reason));
        }
    }
    assert_eq!(whole(&store).await.len(), 2);
}

pub async fn a_known_id_in_another_stream_is_a_conflict_that_names_the_stream<S: Subject>(subject: S) {
    let store = subject.store();
    let known = event(1);
    store.append(request("thing-1", ANY, vec![known.clone()])).await.unwrap();
    for expected in [ANY, ExpectedVersion::NoStream, exactly(1)] {
        let found = conflict(&store, request("thing-2", expected, vec![known.clone()])).await;
        let other = |differs| IdConflict::OtherEvent { stream: "thing-1".into(), version: Version(1), differs };
        assert_eq!(found, (known.event_id, other(vec![EventField::Stream])));
        let changed = NewEvent { data: object(r#"{"number":2}"#), ..known.clone() };
        let found = conflict(&store, request("thing-2", expected, vec![changed])).await;
        assert_eq!(found, (known.event_id, other(vec![EventField::Stream, EventField::Data])));
    }
    assert_eq!(whole(&store).await.len(), 1);
}

pub async fn a_batch_known_in_part_says_how_much_of_it_is_known<S: Subject>(subject: S) {
    let store = subject.store();
    let batch = events(4);
    store.append(request("thing-1", ANY, batch[1..3].to_vec())).await.unwrap();
    for expected in [ANY, exactly(2), ExpectedVersion::NoStream] {
        let found = conflict(&store, request("thing-1", expected, batch.clone())).await;
        assert_eq!(found, (batch[1].event_id, IdConflict::PartOfBatch { known: 2, of: 4 }), "{expected}");
    }
    assert_eq!(whole(&store).await.len(), 2);
}

pub async fn a_part_of_a_known_batch_has_been_applied_with_it<S: Subject>(subject: S) {
    let store = subject.store();
    let batch = events(4);
    let first = store.append(request("thing-1", ANY, batch.clone())).await.unwrap();
    let again = store.append(request("thing-1", exactly(0), batch[1..3].to_vec())).await.unwrap();
    assert_eq!((again.outcome, &again.events[..]), (Outcome::AlreadyApplied, &first.events[1..3]));
    assert_eq!(whole(&store).await.len(), 4);
}

pub async fn a_known_batch_with_given_times_is_known_again<S: Subject>(subject: S) {
    let store = subject.store();
    let at = |text: &str| RecordTime::Given(vec![text.parse().unwrap()]);
    let first = AppendRequest { time: at("2020-01-01T00:00:00Z"), ..request("thing-1", ANY, events(1)) };
    let applied = store.append(first.clone()).await.unwrap();
    let later = RecordTime::Clock("2020-01-02T00:00:00Z".parse().unwrap());
    store.append(AppendRequest { time: later, ..request("thing-1", ANY, events(1)) }).await.unwrap();
    for again in [first.clone(), AppendRequest { time: at("2019-01-01T00:00:00Z"), ..first }] {
        let again = store.append(again).await.unwrap();
        assert_eq!((again.outcome, &again.events), (Outcome::AlreadyApplied, &applied.events));
    }
    assert_eq!(whole(&store).await.len(), 2);
}

pub async fn the_same_batch_twice_in_one_transaction_is_applied_once<S: Subject>(subject: S) {
    let store = subject.store();
    let batch = request("thing-1", ANY, events(2));
    let outcomes = store.append_together(vec![batch.clone(), request("thing-2", ANY, events(1)), batch]).await.unwrap();
    let [first, between, again] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(first.as_ref().unwrap().outcome, Outcome::Applied);
    assert_eq!(between.as_ref().unwrap().outcome, Outcome::Applied);
    let again = again.as_ref().unwrap();
    assert_eq!((again.outcome, &again.events), (Outcome::AlreadyApplied, &first.as_ref().unwrap().events));
    assert_eq!(whole(&store).await.len(), 3);
}

async fn repeat_at_once(handles: Vec<Store>) {
    for round in 0..5 {
        let batch = request(&format!("thing-{round}"), ExpectedVersion::NoStream, events(3));
        let mut tasks = JoinSet::new();
        for store in &handles {
            let (store, batch) = (store.clone(), batch.clone());
            tasks.spawn(async move { store.append(batch).await.unwrap() });
        }
        let answers = tasks.join_all().await;
        assert_eq!(answers.iter().filter(|answer| answer.outcome == Outcome::Applied).count(), 1);
        assert!(answers.windows(2).all(|pair| pair[0].events == pair[1].events));
    }
    assert_eq!(whole(&handles[0]).await.len(), 15);
}

pub async fn the_same_batch_many_times_at_once_is_applied_once<S: Subject>(subject: S) {
    repeat_at_once(vec![subject.store(); 16]).await;
}

pub async fn the_same_batch_from_eight_handles_at_once_is_applied_once<S: Shared>(subject: S) {
    repeat_at_once((0..8).map(|_| subject.open()).collect()).await;
}

pub async fn the_same_events_in_another_order_or_apart_are_a_conflict_that_says_so<S: Subject>(subject: S) {
    let store = subject.store();
    let batch = events(3);
    store.append(request("thing-1", ANY, batch[..2].to_vec())).await.unwrap();
    put(&store, "thing-1", 1).await;
    store.append(request("thing-1", ANY, batch[2..].to_vec())).await.unwrap();
    let swapped = vec![batch[1].clone(), batch[0].clone()];
    for (asked, first) in [(swapped, 1), (batch.clone(), 0)] {
        let found = conflict(&store, request("thing-1", ANY, asked)).await;
        assert_eq!(found, (batch[first].event_id, IdConflict::OtherOrder));
    }
    assert_eq!(whole(&store).await.len(), 4);
}
