//! Invalid input is refused before anything is tried, on every backend alike.

use esctl::event::ExpectedVersion;
use esctl::event::JsonObject;
use esctl::event::MAX_NAME_BYTES;
use esctl::event::NewEvent;
use esctl::store::Limits;
use esctl::store::Store;
use esctl::store::StoreError;
use uuid::Uuid;

use crate::assert_fails;
use crate::conformance::kit::Subject;
use crate::conformance::kit::event;
use crate::conformance::kit::events;
use crate::conformance::kit::put;
use crate::conformance::kit::request;
use crate::conformance::kit::typed;
use crate::conformance::kit::whole;

const ANY: ExpectedVersion = ExpectedVersion::Any;
const MIB: usize = 1 << 20;

async fn refused(store: &Store, batch: Vec<NewEvent>) -> String {
    match store.append(request("thing-1", ANY, batch)).await {
        Err(StoreError::Invalid(message)) => message,
        other => panic!("wanted a refusal, got {other:?}"),
    }
}

fn sized(bytes: usize) -> NewEvent {
    let frame = r#"{"x":""}"#.len() + "{}".len();
    NewEvent { data: JsonObject::parse(&format!(r#"{{"x":"{}"}}"#, "y".repeat(bytes - frame))).unwrap(), ..event(0) }
}

pub async fn an_event_of_a_mebibyte_is_taken_and_one_byte_more_is_not<S: Subject>(subject: S) {
    let store = subject.store();
    store.append(request("thing-1", ANY, vec![sized(MIB)])).await.unwrap();
    assert!(refused(&store, vec![event(1), sized(MIB + 1)]).await.contains("1048577 bytes"));
    assert_eq!(whole(&store).await.len(), 1);
}

pub async fn the_limit_of_an_event_can_be_set<S: Subject>(subject: S) {
    let store = subject.store().with_limits(Limits { event_bytes: 100 });
    store.append(request("thing-1", ANY, vec![sized(100)])).await.unwrap();
    assert!(refused(&store, vec![sized(101)]).await.contains("limit of 100 bytes"));
    let store = store.with_limits(Limits { event_bytes: 4 * MIB });
    store.append(request("thing-1", ANY, vec![sized(4 * MIB)])).await.unwrap();
    assert_eq!(whole(&store).await.len(), 2);
}

pub async fn a_batch_of_nothing_is_refused<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 1).await;
    assert_eq!(refused(&store, Vec::new()).await, "no events to append");
}

pub async fn ids_that_cannot_be_are_refused<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 1).await;
    let nil = NewEvent { event_id: Uuid::nil(), ..event(1) };
    assert!(refused(&store, vec![nil]).await.contains("nil UUID"));
    let mut twice = events(3);
    twice[2].event_id = twice[0].event_id;
    assert!(refused(&store, twice.clone()).await.contains(&twice[0].event_id.to_string()));
    let zero = NewEvent { schema_version: 0, ..event(1) };
    assert!(refused(&store, vec![zero]).await.contains("schema versions start at 1"));
    assert_eq!(whole(&store).await.len(), 1);
}

pub async fn one_request_that_cannot_be_refuses_those_made_together_with_it<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 1).await;
    let together = vec![request("thing-2", ANY, events(1)), request("thing-3", ANY, Vec::new())];
    assert_fails!(store.append_together(together).await, StoreError::Invalid(_));
    assert!(store.append_together(Vec::new()).await.unwrap().is_empty());
    assert_eq!(whole(&store).await.len(), 1);
}

pub async fn the_longest_names_are_taken<S: Subject>(subject: S) {
    let store = subject.store();
    for letter in ["x", "é", "😀"] {
        let name = letter.repeat(MAX_NAME_BYTES / letter.len());
        store.append(request(&name, ANY, vec![typed(&name, 1)])).await.unwrap();
    }
    let there = whole(&store).await;
    assert!(there.iter().all(|event| event.stream == event.event_type && event.stream.len() == MAX_NAME_BYTES));
}
