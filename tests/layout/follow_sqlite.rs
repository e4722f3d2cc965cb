//! SQLite stores of other programs are followed, although SQLite uses numbers of deleted rows again and VACUUM changes them.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use esctl::store::StoreError;
use esctl::store::follow::FollowStart;
use rusqlite::Connection;

use crate::common::backend::run;
use crate::layout::followed::Random;
use crate::layout::followed::Reader;
use crate::layout::followed::store_of;
use crate::layout::stores::Foreign;

const TABLE: &str =
    "CREATE TABLE ev (stream TEXT NOT NULL, version INTEGER NOT NULL, data TEXT NOT NULL, UNIQUE (stream, version))";

const BY_ROWID: &str = r#"
title = "Followed"
engine = "sqlite"
[events]
from = "ev"
position = "e.rowid"
stream = { parts = ["e.stream"] }
version = { column = "e.version", first = 1 }
type = "e.stream"
data = { column = "e.data" }
[follow]
rule = "rowid"
"#;

const BY_STREAM: &str = r#"
title = "Followed"
engine = "sqlite"
[events]
from = "ev"
stream = { parts = ["e.stream"] }
version = { column = "e.version", first = 1 }
type = "e.stream"
data = { column = "e.data" }
[follow]
rule = "streams"
"#;

const BEGINNING: FollowStart = FollowStart::After { place: 0, existing: 0 };

fn file_of(foreign: &Foreign) -> Connection {
    let file = Connection::open(foreign.url.strip_prefix("sqlite:").unwrap()).unwrap();
    file.busy_timeout(Duration::from_secs(20)).unwrap();
    file
}

fn add(file: &Connection, numbers: std::ops::Range<i64>) {
    for number in numbers {
        let insert =
            "INSERT INTO ev SELECT 's-1', ifnull(max(version), 0) + 1, json_object('n', ?1) FROM ev WHERE stream = 's-1'";
        file.execute(insert, [number]).unwrap();
    }
}

fn poll(reader: &mut Reader, times: usize) -> Vec<i64> {
    let before = reader.order.len();
    run(async {
        for _ in 0..times {
            reader.poll().await;
        }
    });
    reader.order[before..].to_vec()
}

#[test]
fn a_number_of_a_deleted_row_that_is_used_again_is_a_new_event() {
    for mode in ["delete", "wal"] {
        let foreign = Foreign::sqlite(&format!("PRAGMA journal_mode = {mode}; {TABLE}"));
        let file = file_of(&foreign);
        let mut reader = Reader::new(store_of(&foreign.url, BY_ROWID), None, BEGINNING, 0);
        add(&file, 1..6);
        assert_eq!(poll(&mut reader, 3), [1, 2, 3, 4, 5], "{mode}");
        file.execute_batch("DELETE FROM ev WHERE rowid >= 4").unwrap();
        assert_eq!(poll(&mut reader, 3), Vec::<i64>::new(), "{mode}");
        add(&file, 6..7);
        assert_eq!(poll(&mut reader, 3), [6], "{mode}");
        // Between two polls.
        file.execute_batch("DELETE FROM ev WHERE rowid >= 3").unwrap();
        add(&file, 7..12);
        assert_eq!(poll(&mut reader, 3), [7, 8, 9, 10, 11], "{mode}");
        // Another process goes on from the token.
        file.execute_batch("DELETE FROM ev WHERE rowid = (SELECT max(rowid) FROM ev)").unwrap();
        add(&file, 12..14);
        run(reader.begin());
        assert_eq!(poll(&mut reader, 3), [12, 13], "{mode}");
    }
}

#[test]
fn vacuum_changes_numbers_and_no_event_is_missed_or_doubled() {
    // In a table with an index, VACUUM keeps the numbers.
    let foreign = Foreign::sqlite(&TABLE.replace(", UNIQUE (stream, version)", ""));
    let file = file_of(&foreign);
    let mut reader = Reader::new(store_of(&foreign.url, BY_ROWID), None, BEGINNING, 0);
    add(&file, 1..2500);
    assert_eq!(poll(&mut reader, 8).len(), 2499);
    file.execute_batch("DELETE FROM ev WHERE rowid % 3 = 1 AND rowid < 2400; VACUUM").unwrap();
    let highest: i64 = file.query_row("SELECT max(rowid) FROM ev", [], |row| row.get(0)).unwrap();
    assert!(highest < 2000, "VACUUM changes the numbers of this table");
    assert_eq!(poll(&mut reader, 3), Vec::<i64>::new());
    add(&file, 2500..2504);
    assert_eq!(poll(&mut reader, 3), [2500, 2501, 2502, 2503]);
    file.execute_batch("DELETE FROM ev WHERE rowid % 2 = 1 AND rowid < 1000; VACUUM").unwrap();
    add(&file, 2504..2506);
    assert_eq!(poll(&mut reader, 3), [2504, 2505]);
}

#[test]
fn a_table_whose_followed_events_are_all_gone_is_reported() {
    let foreign = Foreign::sqlite(TABLE);
    let file = file_of(&foreign);
    add(&file, 1..4);
    let store = store_of(&foreign.url, BY_ROWID);
    let now = esctl::runtime::system_clock();
    let error = run(async {
        let mut follower = store.follow(esctl::store::ReadQuery::all(), FollowStart::Now, now()).await.unwrap();
        assert!(follower.next(now()).await.unwrap().events.is_empty());
        file.execute_batch("DELETE FROM ev").unwrap();
        add(&file, 10..14);
        follower.next(now()).await.unwrap_err()
    });
    assert!(matches!(&error, StoreError::ForeignDamaged { message, .. } if message.contains("none of the last")), "{error:?}");
}

#[test]
fn writers_of_a_file_are_followed_by_a_reader_that_is_killed() {
    for layout in [BY_ROWID, BY_STREAM] {
        let foreign = Foreign::sqlite(&format!("PRAGMA journal_mode = wal; {TABLE}"));
        let stopped = AtomicBool::new(false);
        let count = 4 * 150;
        thread::scope(|scope| {
            let writers: Vec<_> = (0..4)
                .map(|writer| {
                    let foreign = &foreign;
                    scope.spawn(move || {
                        let (mut file, mut random) = (file_of(foreign), Random(writer as u64));
                        for version in 1..=150_i64 {
                            let transaction = file.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
                            let insert = "INSERT INTO ev VALUES (?1, ?2, json_object('n', ?3))";
                            let stream = format!("s-{writer}");
                            transaction.execute(insert, (stream, version, writer * 1000 + version)).unwrap();
                            if random.below(10) == 0 {
                                transaction.execute("INSERT INTO ev VALUES ('x', 1, '{}')", []).unwrap();
                                transaction.rollback().unwrap();
                                file.execute(insert, (format!("s-{writer}"), version, writer * 1000 + version)).unwrap();
                            } else {
                                transaction.commit().unwrap();
                            }
                            thread::sleep(Duration::from_millis(random.below(10)));
                        }
                    })
                })
                .collect();
            let reader = scope.spawn(|| {
                let mut reader = Reader::new(store_of(&foreign.url, layout), None, BEGINNING, 4);
                let written = (0..4).flat_map(|writer| (1..=150).map(move |version| writer * 1000 + version)).collect();
                run(reader.follow(&stopped, async || BTreeSet::clone(&written)));
                reader
            });
            writers.into_iter().for_each(|writer| writer.join().unwrap());
            stopped.store(true, Ordering::SeqCst);
            let reader = reader.join().unwrap();
            assert!(reader.recorded.len() == count && reader.killed > 0);
        });
    }
}
