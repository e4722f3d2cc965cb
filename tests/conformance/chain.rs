//! Any change, removal or reordering of events shows in the chain. (`kit::whole`, which most tests end with,
//! recomputes all of it; here is what it must not depend on.)

use esctl::event::ExpectedVersion;
use esctl::event::Hash;
use esctl::event::NewEvent;
use esctl::event::Timestamp;
use esctl::event::chain_hash;
use esctl::store::AppendRequest;
use esctl::store::RecordTime;

use crate::conformance::kit::Subject;
use crate::conformance::kit::event;
use crate::conformance::kit::events;
use crate::conformance::kit::exactly;
use crate::conformance::kit::put;
use crate::conformance::kit::request;
use crate::conformance::kit::stream;
use crate::conformance::kit::whole;

pub async fn the_whole_chain_can_be_recomputed_from_the_events<S: Subject>(subject: S) {
    let store = subject.store();
    for round in 0..30 {
        put(&store, &format!("thing-{}", round % 7), 1 + round % 5).await;
        let _ = store.append(request("thing-0", exactly(9999), events(1))).await;
    }
    let mut hash = Hash::ZERO;
    for event in whole(&store).await {
        hash = chain_hash(hash, event.position, event.version, event.recorded_at, event.view().content_hash());
        assert_eq!(event.hash, hash);
    }
    assert_eq!(store.head().await.unwrap().hash, hash);
}

pub async fn the_same_history_has_the_same_head_hash_however_it_was_batched<S: Subject>(subject: S) {
    let (one, other) = (subject.store(), S::fresh());
    let other = other.store();
    let batch: Vec<NewEvent> = events(10);
    let times: Vec<Timestamp> = (1..=10).map(|n| Timestamp::from_micros(n).unwrap()).collect();
    let given = |range: std::ops::Range<usize>| AppendRequest {
        time: RecordTime::Given(times[range.clone()].to_vec()),
        ..request("thing-1", ExpectedVersion::Any, batch[range].to_vec())
    };
    one.append(given(0..10)).await.unwrap();
    for index in 0..10 {
        other.append(given(index..index + 1)).await.unwrap();
    }
    assert_eq!(one.head().await.unwrap(), other.head().await.unwrap());
}

pub async fn the_answer_to_an_append_is_its_link_in_the_chain<S: Subject>(subject: S) {
    let store = subject.store();
    let mut before = Hash::ZERO;
    for number in 0..5 {
        let one = event(number);
        let content = one.content_hash(&stream("thing-1"));
        let answer = store.append(request("thing-1", exactly(number), vec![one])).await.unwrap().events[0];
        assert_eq!(answer.hash, chain_hash(before, answer.position, answer.version, answer.recorded_at, content));
        before = answer.hash;
    }
}
