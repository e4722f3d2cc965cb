//! The file is moved, deleted or replaced under a handle that has it open.

use std::fs;
use std::path::PathBuf;

use esctl::event::ExpectedVersion;
use esctl::store::ReadQuery;
use esctl::store::Store;
use esctl::store::StoreError;

use crate::assert_fails;
use crate::conformance::kit::events;
use crate::conformance::kit::put;
use crate::conformance::kit::request;
use crate::conformance::kit::run;
use crate::conformance::kit::try_read;
use crate::conformance::kit::whole;
use crate::faults_sqlite::helper::Folder;

fn beside(folder: &Folder, end: &str) -> PathBuf {
    PathBuf::from(format!("{}{end}", folder.file().display()))
}

async fn every_use_fails(store: &Store) {
    let append = request("thing-1", ExpectedVersion::Any, events(1));
    assert_fails!(store.append(append).await, StoreError::Replaced(_));
    assert_fails!(store.head().await, StoreError::Replaced(_));
    assert_fails!(try_read(store.scan(ReadQuery::all())).await, StoreError::Replaced(_));
    assert_fails!(store.init().await, StoreError::Replaced(_));
}

/// A handle that has read and written, and one that has only read, and what is done to the file under them.
async fn under_open_handles(change: impl Fn(&Folder)) -> Folder {
    let folder = Folder::new();
    put(&folder.store(), "thing-1", 2).await;
    fs::copy(folder.file(), beside(&folder, ".backup")).unwrap();
    let (writer, reader) = (folder.store(), folder.store());
    put(&writer, "thing-1", 1).await;
    assert_eq!(whole(&writer).await.len(), 3);
    assert_eq!(whole(&reader).await.len(), 3);
    change(&folder);
    every_use_fails(&writer).await;
    every_use_fails(&reader).await;
    folder
}

#[test]
fn a_file_that_was_moved_away_takes_no_more_events() {
    run(async {
        let folder = under_open_handles(|folder| fs::rename(folder.file(), beside(folder, ".moved")).unwrap()).await;
        assert!(!folder.file().exists(), "nothing is made in its place");
    });
}

#[test]
fn a_file_that_was_deleted_takes_no_more_events() {
    run(async {
        for ends in [&[""][..], &["", "-wal", "-shm"]] {
            let delete = |folder: &Folder| ends.iter().for_each(|end| fs::remove_file(beside(folder, end)).unwrap());
            assert!(!under_open_handles(delete).await.file().exists(), "nothing is made in its place");
        }
    });
}

#[test]
fn a_file_whose_log_was_deleted_takes_no_more_events() {
    run(async {
        for end in ["-wal", "-shm"] {
            under_open_handles(|folder| fs::remove_file(beside(folder, end)).unwrap()).await;
        }
    });
}

#[test]
fn another_file_in_its_place_is_another_store() {
    run(async {
        let replace = |folder: &Folder| {
            for end in ["-wal", "-shm"] {
                fs::remove_file(beside(folder, end)).unwrap();
            }
            fs::rename(beside(folder, ".backup"), folder.file()).unwrap();
        };
        let folder = under_open_handles(replace).await;
        assert_eq!(whole(&folder.store()).await.len(), 2);
    });
}

#[test]
fn a_backup_that_is_copied_over_the_file_is_another_store() {
    run(async {
        let folder = Folder::new();
        put(&folder.store(), "thing-1", 2).await;
        fs::copy(folder.file(), beside(&folder, ".backup")).unwrap();
        put(&folder.store(), "thing-1", 3).await;
        // The file is the same one; the handles have read pages of it.
        let (writer, reader) = (folder.store(), folder.store());
        writer.init().await.unwrap();
        assert_eq!(whole(&writer).await.len(), 5);
        assert_eq!(whole(&reader).await.len(), 5);
        fs::copy(beside(&folder, ".backup"), folder.file()).unwrap();
        every_use_fails(&reader).await;
        every_use_fails(&writer).await;
        drop((writer, reader));
        assert_eq!(whole(&folder.store()).await.len(), 2);
    });
}

#[test]
fn a_store_without_events_that_was_moved_away_takes_none() {
    run(async {
        let folder = Folder::new();
        let store = folder.store();
        store.init().await.unwrap();
        fs::rename(folder.file(), beside(&folder, ".moved")).unwrap();
        every_use_fails(&store).await;
    });
}

#[test]
fn a_file_that_is_put_back_is_used_again() {
    run(async {
        let folder = Folder::new();
        let store = folder.store();
        put(&store, "thing-1", 2).await;
        fs::rename(folder.file(), beside(&folder, ".moved")).unwrap();
        every_use_fails(&store).await;
        fs::rename(beside(&folder, ".moved"), folder.file()).unwrap();
        assert_eq!(store.head().await.unwrap().position.0, 2);
        put(&store, "thing-1", 1).await;
        assert_eq!(whole(&store).await.len(), 3);
    });
}
