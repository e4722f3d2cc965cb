//! Files that are no store, no longer one, or one with a flipped bit.

use std::fs;

use esctl::event::ExpectedVersion;
use esctl::event::Hash;
use esctl::event::RecordedEvent;
use esctl::event::chain_hash;
use esctl::store::ReadQuery;
use esctl::store::StoreError;
use rusqlite::Connection;

use crate::conformance::kit::events;
use crate::conformance::kit::put;
use crate::conformance::kit::read;
use crate::conformance::kit::request;
use crate::conformance::kit::run;
use crate::conformance::kit::try_read;
use crate::faults_sqlite::helper::Folder;

/// Returns true if these events, which are all there are, have the right hashes.
pub fn chain_holds(events: &[RecordedEvent]) -> bool {
    let mut hash = Hash::ZERO;
    events.iter().all(|event| {
        hash = chain_hash(hash, event.position, event.version, event.recorded_at, event.view().content_hash());
        hash == event.hash
    })
}

/// Asserts that neither reading nor writing works, for the same kind of reason, and that the file stays as it is.
async fn refused(folder: &Folder, what: &str, kind: fn(&StoreError) -> bool) {
    let before = fs::read(folder.file()).unwrap();
    let store = folder.store();
    let answers = [
        store.head().await.map(|_| ()),
        store.scan(ReadQuery::all()).next().await.map(|_| ()),
        store.append(request("thing-1", ExpectedVersion::Any, events(1))).await.map(|_| ()),
        store.init().await.map(|_| ()),
    ];
    for answer in answers {
        assert!(answer.as_ref().is_err_and(kind), "{what}: {answer:?}");
    }
    drop(store);
    assert!(fs::read(folder.file()).unwrap() == before, "{what}: the file was changed");
}

fn is_integrity(error: &StoreError) -> bool {
    matches!(error, StoreError::Integrity { .. })
}

fn is_of_another_application(error: &StoreError) -> bool {
    matches!(error, StoreError::OtherApplication { .. })
}

fn is_unsupported(error: &StoreError) -> bool {
    matches!(error, StoreError::Unsupported(_))
}

#[test]
fn bytes_that_are_no_database_are_damage() {
    run(async {
        for length in [2, 100, 511, 512, 5000, 100_000] {
            let folder = Folder::new();
            let noise: Vec<u8> =
                (0..length as u64).map(|n| (n.wrapping_mul(6_364_136_223_846_793_005) >> 33) as u8 ^ 0x5a).collect();
            fs::write(folder.file(), noise).unwrap();
            refused(&folder, &format!("{length} bytes"), is_integrity).await;
        }
    });
}

#[test]
fn databases_of_others_and_of_newer_programs_are_not_supported() {
    run(async {
        let foreign = [
            "CREATE TABLE t (x)",
            "PRAGMA application_id = 7",
            "PRAGMA user_version = 3",
            "PRAGMA journal_mode = wal; CREATE TABLE t (x)",
        ];
        for sql in foreign {
            let folder = Folder::new();
            Connection::open(folder.file()).unwrap().execute_batch(sql).unwrap();
            refused(&folder, sql, is_of_another_application).await;
        }
        let folder = Folder::new();
        put(&folder.store(), "thing-1", 1).await;
        Connection::open(folder.file()).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
        refused(&folder, "newer", is_unsupported).await;
        let error = folder.store().head().await.unwrap_err().to_string();
        assert!(error.contains("newer esctl") && error.contains(&folder.file().display().to_string()), "{error}");
    });
}

#[test]
fn an_empty_file_is_no_store_yet() {
    run(async {
        let folder = Folder::new();
        fs::write(folder.file(), "").unwrap();
        assert!(matches!(folder.store().head().await, Err(StoreError::NoStore(_))));
        put(&folder.store(), "thing-1", 1).await;
        assert_eq!(read(&folder.store(), ReadQuery::all()).await.len(), 1);
    });
}

#[test]
fn a_part_of_a_file_is_damage() {
    run(async {
        let whole = Folder::new();
        put(&whole.store(), "thing-1", 500).await;
        let bytes = fs::read(whole.file()).unwrap();
        for length in [10, 99, 100, 512, 4000, 4096, 8192, 10_000, bytes.len() / 2, bytes.len() - 4096] {
            let folder = Folder::new();
            fs::write(folder.file(), &bytes[..length]).unwrap();
            refused(&folder, &format!("{length} of {} bytes", bytes.len()), is_integrity).await;
        }
    });
}

/// Of every flip one of these is true: it is found, by reading, the chain or the check; or nothing reads differently.
#[test]
fn no_flipped_bit_changes_what_is_read_without_being_found() {
    run(async {
        let whole = Folder::new();
        put(&whole.store(), "thing-1", 300).await;
        let (bytes, events) = (fs::read(whole.file()).unwrap(), read(&whole.store(), ReadQuery::all()).await);
        let mut found = 0;
        for at in (0..bytes.len()).step_by(307) {
            let folder = Folder::new();
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            fs::write(folder.file(), flipped).unwrap();
            let store = folder.store();
            let Ok(seen) = try_read(store.scan(ReadQuery::all())).await else {
                found += 1;
                continue;
            };
            let checked = store.check().await.is_ok_and(|findings| findings.is_empty());
            let same_head = store.head().await.is_ok_and(|head| seen.last().is_some_and(|last| last.hash == head.hash));
            if checked && same_head && chain_holds(&seen) {
                assert!(seen == events, "the bit at byte {at} of {} went unnoticed", bytes.len());
            } else {
                found += 1;
            }
        }
        assert!(found > 100, "only {found} flips were found");
    });
}
