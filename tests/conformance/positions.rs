//! Positions are dense, never change, and become visible in their order.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use esctl::event::ExpectedVersion;
use esctl::event::Position;
use esctl::event::RecordedEvent;
use esctl::store::ReadQuery;
use esctl::store::Store;
use tokio::task::JoinSet;

use crate::conformance::kit::Shared;
use crate::conformance::kit::Subject;
use crate::conformance::kit::events;
use crate::conformance::kit::exactly;
use crate::conformance::kit::put;
use crate::conformance::kit::read;
use crate::conformance::kit::request;
use crate::conformance::kit::whole;

const WRITERS: u64 = 12;

pub async fn no_refusal_leaves_a_hole<S: Subject>(subject: S) {
    let store = subject.store();
    for round in 0..20 {
        let answer = put(&store, &format!("thing-{}", round % 3), 2).await;
        assert_eq!(answer.events[0].position, Position(2 * round + 1));
        let mut known = events(2);
        known[1].event_id = store.event_at(Position(1)).await.unwrap().unwrap().event_id;
        assert!(store.append(request("thing-9", ExpectedVersion::Any, known)).await.is_err());
        assert!(store.append(request("thing-0", exactly(99), events(1))).await.is_err());
    }
    assert_eq!(whole(&store).await.len(), 40);
}

pub async fn an_event_is_found_at_its_position_and_nothing_beyond_the_head<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 3).await;
    for event in whole(&store).await {
        assert_eq!(store.event_at(event.position).await.unwrap(), Some(event));
    }
    for beyond in [4, 5, i64::MAX.unsigned_abs(), u64::MAX] {
        assert_eq!(store.event_at(Position(beyond)).await.unwrap(), None, "{beyond}");
    }
}

/// Appends batches of odd sizes, some of them refused, to streams shared with other writers.
async fn write(store: Store, writer: u64, batches: u64) -> Vec<uuid::Uuid> {
    let mut written = Vec::new();
    for batch in 0..batches {
        let batch = request(&format!("thing-{}", (writer + batch) % 5), ExpectedVersion::Any, events(1 + batch % 4));
        written.extend(batch.events.iter().map(|event| event.event_id));
        store.append(batch).await.unwrap();
        let _ = store.append(request("thing-0", exactly(1), events(1))).await;
    }
    written
}

/// Remembers nothing but the last position it has seen.
async fn follow(store: Store, done: Arc<AtomicBool>) -> Vec<RecordedEvent> {
    let mut seen: Vec<RecordedEvent> = Vec::new();
    loop {
        let last_round = done.load(Ordering::SeqCst);
        let after = seen.last().map_or(0, |event| event.position.0);
        seen.extend(read(&store, ReadQuery::all().from(after + 1)).await);
        if last_round {
            return seen;
        }
        tokio::task::yield_now().await;
    }
}

async fn every_reader_sees_all(writers: Vec<Store>, readers: Vec<Store>, batches: u64) {
    put(&writers[0], "thing-0", 1).await;
    let done = Arc::new(AtomicBool::new(false));
    let mut following = JoinSet::new();
    for reader in readers {
        following.spawn(follow(reader, Arc::clone(&done)));
    }
    let mut writing = JoinSet::new();
    for (writer, store) in writers.iter().enumerate() {
        writing.spawn(write(store.clone(), writer as u64, batches));
    }
    let acknowledged: HashSet<uuid::Uuid> = writing.join_all().await.into_iter().flatten().collect();
    done.store(true, Ordering::SeqCst);
    let there = whole(&writers[0]).await;
    for seen in following.join_all().await {
        assert_eq!(seen.len(), there.len());
        assert!(seen == there, "a reader saw other events, or in another order, than there are");
    }
    let ids: HashSet<uuid::Uuid> = there.iter().map(|event| event.event_id).collect();
    assert_eq!(ids.len(), there.len(), "every event is there once");
    assert!(acknowledged.is_subset(&ids), "every acknowledged event is there");
}

pub async fn readers_that_remember_only_their_position_miss_nothing_of_twelve_writers<S: Subject>(subject: S) {
    let store = subject.store();
    every_reader_sees_all(vec![store.clone(); WRITERS as usize], vec![store.clone(), store], 40).await;
}

pub async fn readers_miss_nothing_of_twelve_writers_with_handles_of_their_own<S: Shared>(subject: S) {
    put(&subject.open(), "other-1", 1).await;
    let writers = (0..WRITERS).map(|_| subject.open()).collect();
    every_reader_sees_all(writers, vec![subject.open(), subject.open()], 10).await;
}
