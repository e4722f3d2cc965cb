//! Many processes on one file, and processes that are killed.

use std::collections::HashMap;
use std::collections::HashSet;

use esctl::store::ReadQuery;
use esctl::store::StoreError;
use esctl::store::StoreUrl;
use esctl::store::open;
use rusqlite::Connection;

use crate::assert_fails;
use crate::common::process::said;
use crate::common::process::start;
use crate::conformance::kit::put;
use crate::conformance::kit::read;
use crate::conformance::kit::request;
use crate::conformance::kit::run;
use crate::conformance::kit::streams;
use crate::conformance::kit::whole;
use crate::faults_sqlite::helper::Folder;
use crate::faults_sqlite::helper::OTHER_PROCESS;

#[test]
fn what_a_killed_process_was_acknowledged_is_there_once_and_appends_continue() {
    run(async {
        let folder = Folder::new();
        let mut acknowledged: HashSet<String> = HashSet::new();
        for round in 0..8_usize {
            let mut children =
                [start(OTHER_PROCESS, "append 3", &folder.url()), start(OTHER_PROCESS, "append 700", &folder.url())];
            let mut lines: Vec<_> = children.iter_mut().map(said).collect();
            // Both are at work; then a moment that differs from round to round.
            for (line, count) in lines.iter_mut().zip([1 + 5 * round, 1 + round % 3]) {
                acknowledged.extend(line.take(count).flat_map(|ids| ids.split(' ').map(str::to_owned).collect::<Vec<_>>()));
            }
            std::thread::sleep(std::time::Duration::from_micros(1700 * round as u64));
            for child in &mut children {
                child.kill().unwrap();
                child.wait().unwrap();
            }
            acknowledged
                .extend(lines.into_iter().flatten().flat_map(|ids| ids.split(' ').map(str::to_owned).collect::<Vec<_>>()));

            let store = folder.store();
            let there = whole(&store).await;
            let ids: HashSet<String> = there.iter().map(|event| event.event_id.to_string()).collect();
            assert_eq!(ids.len(), there.len(), "each event once");
            assert!(acknowledged.is_subset(&ids), "an acknowledged event is not there");
            for info in streams(&store).await.iter().filter(|info| info.category == "thing") {
                assert!(
                    info.version.0.is_multiple_of(3) || info.version.0.is_multiple_of(700),
                    "{} at {}",
                    info.stream,
                    info.version
                );
            }
            put(&store, "after-1", 1).await;
            assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
        }
        assert!(acknowledged.len() > 500);
    });
}

#[test]
fn of_many_processes_that_init_at_once_one_makes_the_store() {
    run(async {
        for _ in 0..4 {
            let folder = Folder::new();
            let mut children: Vec<_> = (0..4).map(|_| start(OTHER_PROCESS, "init", &folder.url())).collect();
            let answers: Vec<String> = children.iter_mut().flat_map(said).collect();
            assert!(children.iter_mut().all(|child| child.wait().unwrap().success()));
            assert_eq!(answers.len(), 4);
            assert_eq!(answers.iter().filter(|line| *line == "made true").count(), 1, "{answers:?}");
            assert!(whole(&folder.store()).await.is_empty());
        }
    });
}

#[test]
fn of_eight_processes_exactly_one_wins_each_version() {
    run(async {
        let folder = Folder::new();
        let mut children: Vec<_> = (0..8).map(|_| start(OTHER_PROCESS, "race", &folder.url())).collect();
        let lines: Vec<_> = children.iter_mut().map(said).collect();
        let mut wins: HashMap<String, u32> = HashMap::new();
        for line in lines.into_iter().flatten() {
            *wins.entry(line).or_default() += 1;
        }
        assert!(children.iter_mut().all(|child| child.wait().unwrap().success()));
        assert_eq!(wins, (0..25).map(|version| (format!("won {version}"), 1)).collect());
        assert_eq!(whole(&folder.store()).await.len(), 25);
    });
}

#[test]
fn a_writer_held_in_mid_transaction_is_waited_for_and_hides_nothing_from_readers() {
    run(async {
        let folder = Folder::new();
        put(&folder.store(), "thing-1", 3).await;
        let other = Connection::open(folder.file()).unwrap();
        other.execute_batch("BEGIN IMMEDIATE; UPDATE store_head SET position = 9").unwrap();

        let hasty = open(&StoreUrl::SqliteFile(folder.file()), std::time::Duration::from_millis(50)).unwrap();
        let one = || request("thing-1", esctl::event::ExpectedVersion::Any, crate::conformance::kit::events(1));
        let mut together = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (hasty, one) = (hasty.clone(), one());
            together.spawn(async move { hasty.append(one).await });
        }
        // A group that cannot be written is answered to each of its callers.
        for answer in together.join_all().await {
            assert_fails!(answer, StoreError::Unavailable { .. });
        }
        assert_eq!(whole(&hasty).await.len(), 3);

        let patient = folder.store();
        let waiting = tokio::spawn(async move { patient.append(one()).await });
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        assert!(!waiting.is_finished());
        other.execute_batch("ROLLBACK").unwrap();
        assert_eq!(waiting.await.unwrap().unwrap().events[0].position.0, 4);
        hasty.append(one()).await.unwrap();
        assert_eq!(whole(&hasty).await.len(), 5);
    });
}

#[test]
fn a_scan_that_is_left_open_does_not_make_the_wal_grow() {
    run(async {
        let folder = Folder::new();
        let store = folder.store();
        put(&store, "thing-1", 3000).await;
        let mut scan = store.scan(ReadQuery::all());
        assert_eq!(scan.next().await.unwrap().unwrap().len(), 1000);
        put(&store, "thing-1", 100).await;
        let busy: i64 =
            Connection::open(folder.file()).unwrap().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
        assert_eq!(busy, 0);
        let mut count = 1000;
        while let Some(chunk) = scan.next().await.unwrap() {
            count += chunk.len();
        }
        assert_eq!(count, 3100);
        assert_eq!(read(&store, ReadQuery::all()).await.len(), 3100);
    });
}
