//! Events that were deleted from the file or changed behind the store's back.

use esctl::event::Position;
use esctl::store::ReadQuery;
use esctl::store::ReadSource;
use esctl::store::Store;
use esctl::store::StoreError;
use rusqlite::Connection;

use crate::assert_fails;
use crate::conformance::kit::put;
use crate::conformance::kit::read;
use crate::conformance::kit::run;
use crate::conformance::kit::stream;
use crate::conformance::kit::try_read;
use crate::faults_sqlite::helper::Folder;

/// A store of `count` events of one stream after which a statement was run on its file.
async fn tampered(count: u64, sql: &str) -> (Folder, Store) {
    let folder = Folder::new();
    put(&folder.store(), "thing-1", count).await;
    Connection::open(folder.file()).unwrap().execute_batch(sql).unwrap();
    let store = folder.store();
    (folder, store)
}

async fn all_scans_find_it(store: &Store, what: &str) {
    for query in [ReadQuery::all(), ReadQuery::stream(stream("thing-1"))] {
        for query in [query.clone(), query.backwards()] {
            let found = try_read(store.scan(query.clone())).await;
            assert!(matches!(found, Err(StoreError::Integrity { .. })), "{what}: {query:?}");
        }
    }
}

#[test]
fn events_removed_at_the_start_or_in_the_middle_are_missed_by_every_scan() {
    run(async {
        for (count, gone) in [
            (3, "= 1"),
            (3, "= 2"),
            (2500, "= 1"),
            (2500, "= 1000"),
            (2500, "= 1001"),
            (2500, "IN (1500, 1600)"),
            (2500, "< 2500"),
        ] {
            let (_folder, store) = tampered(count, &format!("DELETE FROM events WHERE position {gone}")).await;
            all_scans_find_it(&store, gone).await;
        }
    });
}

#[test]
fn events_removed_at_the_end_are_missed_against_the_head() {
    run(async {
        for (count, gone) in [(3, "= 3"), (3, "> 0"), (2500, "= 2500"), (2500, "> 1000"), (2500, "> 999")] {
            let (_folder, store) = tampered(count, &format!("DELETE FROM events WHERE position {gone}")).await;
            for query in [ReadQuery::all(), ReadQuery::all().backwards(), ReadQuery::all().from(count)] {
                assert_fails!(try_read(store.scan(query)).await, StoreError::Integrity { .. });
            }
            assert_fails!(store.event_at(Position(count)).await, StoreError::Integrity { .. });
        }
    });
}

#[test]
fn a_scan_that_ends_before_the_head_misses_the_events_at_its_end() {
    run(async {
        let (_folder, store) = tampered(10, "DELETE FROM events WHERE position = 5").await;
        for query in [ReadQuery::all(), ReadQuery::stream(stream("thing-1"))] {
            for query in [query.clone().to(5), query.clone().from(5), query.clone().to(5).backwards(), query.from(5).backwards()]
            {
                assert_fails!(try_read(store.scan(query)).await, StoreError::Integrity { .. });
            }
        }
        assert_fails!(store.event_at(Position(5)).await, StoreError::Integrity { .. });
        assert_eq!(read(&store, ReadQuery::all().to(4)).await.len(), 4);
        assert_eq!(read(&store, ReadQuery::all().from(6).backwards()).await.len(), 5);
    });
}

#[test]
fn events_before_a_gap_or_a_damaged_event_are_read_first() {
    run(async {
        for damage in ["DELETE FROM events WHERE position =", "UPDATE events SET hash = x'00' WHERE position ="] {
            for at in [1, 2, 999, 1000, 1001, 1500, 2499, 2500] {
                let (_folder, store) = tampered(2500, &format!("{damage} {at}")).await;
                let of_type = ReadQuery::all().types(vec!["thing.happened".into()]);
                for (query, before) in [
                    (ReadQuery::all(), at - 1),
                    (ReadQuery::stream(stream("thing-1")), at - 1),
                    (of_type, at - 1),
                    (ReadQuery::all().backwards(), 2500 - at),
                ] {
                    // That the last one was removed from a stream, only the head of the store knows.
                    let is_missed = at < 2500 || !damage.starts_with("DELETE") || query.source == ReadSource::All;
                    let wanted = query.clone();
                    let mut scan = store.scan(query);
                    let mut seen = 0;
                    let end = loop {
                        match scan.next().await {
                            Ok(Some(chunk)) => seen += chunk.len() as u64,
                            end => break end.map(|_| ()),
                        }
                    };
                    assert!(end.is_err() == is_missed, "{damage} {at}: {wanted:?}: {end:?}");
                    assert_eq!(seen, before, "{damage} {at}: {wanted:?}");
                }
            }
        }
    });
}

#[test]
fn a_moment_cannot_be_found_among_removed_events() {
    run(async {
        let (_folder, store) = tampered(3, "DELETE FROM events WHERE position = 2").await;
        let first = store.event_at(Position(1)).await.unwrap().unwrap();
        assert_fails!(store.position_at(first.recorded_at).await, StoreError::Integrity { .. });
    });
}

#[test]
fn a_changed_event_breaks_the_chain() {
    run(async {
        for change in [
            "data = '{\"number\":7}'",
            "metadata = '{\"a\":1}'",
            "recorded_at = recorded_at + 1",
            "schema_version = 2",
            "event_id = zeroblob(16)",
            "hash = zeroblob(32)",
        ] {
            let (_folder, store) = tampered(5, &format!("UPDATE events SET {change} WHERE position = 3")).await;
            let events = read(&store, ReadQuery::all()).await;
            assert!(!crate::faults_sqlite::damage::chain_holds(&events), "{change}");
        }
    });
}

#[test]
fn values_that_were_never_written_are_damage() {
    run(async {
        for change in ["hash = x'00'", "event_id = x''", "stream = 99", "type = 99", "data = CAST(x'ff' AS TEXT)"] {
            let (_folder, store) = tampered(5, &format!("UPDATE events SET {change} WHERE position = 3")).await;
            assert_fails!(try_read(store.scan(ReadQuery::all())).await, StoreError::Integrity { .. });
        }
        let (_folder, store) = tampered(5, "DELETE FROM store_head").await;
        assert_fails!(store.head().await, StoreError::Integrity { .. });
        let (_folder, store) = tampered(5, "UPDATE store_head SET position = 2").await;
        let one_more =
            crate::conformance::kit::request("thing-1", esctl::event::ExpectedVersion::Any, crate::conformance::kit::events(1));
        assert_fails!(store.append(one_more).await, StoreError::Integrity { .. });
    });
}
