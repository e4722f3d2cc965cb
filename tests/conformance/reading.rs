//! Reading the store and its streams, in both directions and from anywhere, in memory that does not grow.

use esctl::event::ExpectedVersion;
use esctl::event::JsonObject;
use esctl::event::NewEvent;
use esctl::event::RecordedEvent;
use esctl::event::Version;
use esctl::event::category_of;
use esctl::store::ReadQuery;
use esctl::store::Store;

use crate::conformance::kit::Subject;
use crate::conformance::kit::event;
use crate::conformance::kit::events;
use crate::conformance::kit::positions;
use crate::conformance::kit::put;
use crate::conformance::kit::read;
use crate::conformance::kit::request;
use crate::conformance::kit::stream;
use crate::conformance::kit::try_read;
use crate::conformance::kit::typed;
use crate::conformance::kit::versions;
use crate::conformance::kit::whole;

const ANY: ExpectedVersion = ExpectedVersion::Any;

/// 24 events of three streams and three types, mixed.
async fn mixed(store: &Store) -> Vec<RecordedEvent> {
    for number in 0..12 {
        let name = ["order-1", "order", "orders-1"][number as usize % 3];
        let batch = vec![typed(&format!("kind.{}", number % 4), number), typed("kind.0", number)];
        store.append(request(name, ANY, batch)).await.unwrap();
    }
    whole(store).await
}

pub async fn a_reading_ends_behind_all_that_was_acknowledged_before_it_began<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-a", 2500).await;
    // Readings that were begun before, and are left where they are.
    let mut begun = Vec::new();
    for _ in 0..3 {
        let mut scan = store.scan(ReadQuery::stream(stream("thing-a")));
        assert!(scan.next().await.unwrap().is_some());
        begun.push(scan);
    }
    for round in 1..=5_u64 {
        put(&store, "thing-a", 1).await;
        let found = read(&store, ReadQuery::stream(stream("thing-a"))).await;
        assert_eq!(versions(&found), (1..=2500 + round).collect::<Vec<_>>());
        begun.pop();
    }
}

pub async fn the_store_is_read_from_anywhere_to_anywhere_in_both_directions<S: Subject>(subject: S) {
    let store = subject.store();
    let there = mixed(&store).await;
    for from in [0, 1, 2, 11, 23, 24, 25, u64::MAX] {
        for to in [0, 1, 2, 12, 23, 24, 25, u64::MAX] {
            let mut wanted: Vec<_> = there.iter().filter(|e| e.position.0 >= from && e.position.0 <= to).cloned().collect();
            let query = ReadQuery::all().from(from).to(to);
            assert_eq!(read(&store, query.clone()).await, wanted, "{from} to {to}");
            wanted.reverse();
            assert_eq!(read(&store, query.backwards()).await, wanted, "{from} to {to}, backwards");
        }
    }
}

pub async fn a_stream_is_read_from_anywhere_to_anywhere_in_both_directions<S: Subject>(subject: S) {
    let store = subject.store();
    let there: Vec<_> = mixed(&store).await.into_iter().filter(|event| event.stream == "order").collect();
    assert_eq!(there.len(), 8);
    for from in [0, 1, 4, 8, 9, u64::MAX] {
        for to in [0, 1, 4, 8, 9, u64::MAX] {
            let mut wanted: Vec<_> = there.iter().filter(|e| e.version.0 >= from && e.version.0 <= to).cloned().collect();
            let query = ReadQuery::stream(stream("order")).from(from).to(to);
            assert_eq!(read(&store, query.clone()).await, wanted, "{from} to {to}");
            wanted.reverse();
            assert_eq!(read(&store, query.backwards()).await, wanted, "{from} to {to}, backwards");
        }
    }
}

pub async fn a_limit_takes_the_first_events_of_what_is_asked<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 2500).await;
    for limit in [0, 1, 2, 999, 1000, 1001, 2000, 2499, 2500, 2501, u64::MAX] {
        let count = limit.min(2500);
        let found = try_read(store.scan_limited(ReadQuery::all(), limit)).await.unwrap();
        assert_eq!(positions(&found), (1..=count).collect::<Vec<_>>(), "{limit}");
        let backwards = ReadQuery::stream(stream("thing-1")).backwards();
        let found = try_read(store.scan_limited(backwards, limit)).await.unwrap();
        assert_eq!(versions(&found), (2501 - count..=2500).rev().collect::<Vec<_>>(), "{limit} backwards");
    }
}

pub async fn a_limit_counts_what_the_filters_let_through<S: Subject>(subject: S) {
    let store = subject.store();
    let there = mixed(&store).await;
    let wanted: Vec<_> = there.iter().filter(|event| event.event_type == "kind.2").take(2).cloned().collect();
    let query = ReadQuery::all().types(vec!["kind.2".into()]);
    assert_eq!(try_read(store.scan_limited(query.clone(), 2)).await.unwrap(), wanted);
    assert_eq!(store.first(query).await.unwrap().as_ref(), wanted.first());
}

pub async fn nothing_is_lost_or_doubled_where_chunks_end<S: Subject>(subject: S) {
    let store = subject.store();
    for count in [999, 1000, 1001, 1999, 2000, 2001] {
        put(&store, &format!("thing-{count}"), count).await;
    }
    for count in [999, 1000, 1001, 1999, 2000, 2001] {
        let query = ReadQuery::stream(stream(&format!("thing-{count}")));
        assert_eq!(versions(&read(&store, query.clone()).await), (1..=count).collect::<Vec<_>>());
        assert_eq!(versions(&read(&store, query.backwards()).await), (1..=count).rev().collect::<Vec<_>>());
    }
    assert_eq!(positions(&read(&store, ReadQuery::all().backwards()).await), (1..=9000).rev().collect::<Vec<_>>());
    assert_eq!(whole(&store).await.len(), 9000);
}

pub async fn filters_let_through_exactly_their_categories_and_types<S: Subject>(subject: S) {
    let store = subject.store();
    let there = mixed(&store).await;
    let lists: [&[&str]; 6] = [&[], &["order"], &["orders"], &["order", "orders"], &["ord"], &["order-1", "nothing", "'"]];
    let kinds: [&[&str]; 5] = [&[], &["kind.0"], &["kind.1", "kind.3"], &["kind"], &["kind.%", "KIND.0"]];
    for categories in lists {
        for types in kinds {
            let is_wanted = |event: &&RecordedEvent| {
                (categories.is_empty() || categories.contains(&category_of(&event.stream)))
                    && (types.is_empty() || types.contains(&event.event_type.as_str()))
            };
            let mut wanted: Vec<_> = there.iter().filter(is_wanted).cloned().collect();
            let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
            let query = ReadQuery::all().categories(owned(categories)).types(owned(types));
            assert_eq!(read(&store, query.clone()).await, wanted, "{categories:?} {types:?}");
            wanted.reverse();
            assert_eq!(read(&store, query.backwards()).await, wanted, "{categories:?} {types:?} backwards");
            wanted.retain(|event| event.stream == "order");
            wanted.reverse();
            let of_one = ReadQuery::stream(stream("order")).categories(owned(categories)).types(owned(types));
            assert_eq!(read(&store, of_one).await, wanted, "{categories:?} {types:?} of one stream");
        }
    }
}

pub async fn a_filter_that_matches_one_of_many_events_finds_it_and_one_that_matches_none_ends<S: Subject>(subject: S) {
    let store = subject.store();
    for batch in 0..10 {
        put(&store, &format!("thing-{batch}"), 25_000).await;
    }
    store.append(request("needle-1", ANY, vec![typed("needle.found", 1)])).await.unwrap();
    let nothing = ReadQuery::all().types(vec!["never.happened".into()]);
    assert!(store.scan(nothing.clone()).next().await.unwrap().is_none());
    assert!(store.scan(nothing.backwards()).next().await.unwrap().is_none());
    let needle = ReadQuery::all().categories(vec!["needle".into()]);
    assert_eq!(positions(&read(&store, needle.clone()).await), [250_001]);
    assert_eq!(positions(&read(&store, needle.backwards()).await), [250_001]);
}

pub async fn chunks_of_large_events_stay_small<S: Subject>(subject: S) {
    let store = subject.store();
    let large = JsonObject::of(&serde_json::json!({ "text": "x".repeat(200_000) })).unwrap();
    for _ in 0..5 {
        let batch = events(10).into_iter().map(|event| NewEvent { data: large.clone(), ..event }).collect();
        store.append(request("thing-1", ANY, batch)).await.unwrap();
    }
    for query in [ReadQuery::all(), ReadQuery::all().backwards(), ReadQuery::stream(stream("thing-1"))] {
        let (mut scan, mut count) = (store.scan(query), 0);
        while let Some(chunk) = scan.next().await.unwrap() {
            assert!(chunk.text_bytes() < 2_000_000, "a chunk of {} bytes", chunk.text_bytes());
            count += chunk.len();
        }
        assert_eq!(count, 50);
    }
}

pub async fn a_scan_under_way_neither_loses_nor_doubles_while_events_are_appended<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 3000).await;
    for backwards in [false, true] {
        let query = if backwards { ReadQuery::all().backwards() } else { ReadQuery::all() };
        let (mut scan, mut seen) = (store.scan(query), Vec::new());
        while let Some(chunk) = scan.next().await.unwrap() {
            seen.extend(chunk.iter().map(|event| event.position.0));
            if seen.len() < 5000 {
                put(&store, "thing-2", 10).await;
            }
        }
        assert!(seen.len() >= 3000);
        if backwards {
            seen.reverse();
        }
        assert_eq!(seen, (1..=seen.len() as u64).collect::<Vec<_>>());
    }
}

pub async fn an_unknown_stream_has_no_events_and_version_0<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 1).await;
    let unknown = stream("thing-11");
    assert!(read(&store, ReadQuery::stream(unknown.clone())).await.is_empty());
    assert!(read(&store, ReadQuery::stream(unknown.clone()).backwards()).await.is_empty());
    assert_eq!(store.stream_version(unknown).await.unwrap(), Version(0));
    assert_eq!(store.stream_version(stream("thing-1")).await.unwrap(), Version(1));
}

pub async fn events_are_found_by_id_in_the_order_of_their_positions<S: Subject>(subject: S) {
    let store = subject.store();
    let there = mixed(&store).await;
    let mut ids = vec![there[20].event_id, event(0).event_id, there[3].event_id, uuid::Uuid::nil(), there[7].event_id];
    assert_eq!(positions(&store.events_by_id(ids.clone()).await.unwrap()), [4, 8, 21]);
    ids = there.iter().rev().map(|event| event.event_id).collect();
    assert_eq!(store.events_by_id(ids).await.unwrap(), there);
    assert!(store.events_by_id(Vec::new()).await.unwrap().is_empty());
}
