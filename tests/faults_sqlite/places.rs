//! The place of a file, and the rights on it.

use std::fs;
use std::fs::Permissions;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use esctl::event::ExpectedVersion;
use esctl::store::StoreError;

use crate::assert_fails;
use crate::common::process::said;
use crate::common::process::with_task;
use crate::conformance::kit::events;
use crate::conformance::kit::put;
use crate::conformance::kit::request;
use crate::conformance::kit::run;
use crate::conformance::kit::whole;
use crate::faults_sqlite::helper::Folder;
use crate::faults_sqlite::helper::OTHER_PROCESS;
use crate::faults_sqlite::helper::store_at;

#[test]
fn a_place_where_no_file_can_be_is_unavailable_and_named() {
    run(async {
        let folder = Folder::new();
        fs::write(folder.path().join("plain"), "x").unwrap();
        fs::create_dir(folder.path().join("folder")).unwrap();
        let made = Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap();
        assert!(made.success());
        for name in ["folder", "missing/store.db", "plain/store.db", "pipe"] {
            let path = folder.path().join(name);
            let store = store_at(&path);
            let written = store.append(request("thing-1", ExpectedVersion::Any, events(1))).await.unwrap_err();
            match name {
                "folder" => assert!(matches!(written, StoreError::Invalid(_)), "{written:?}"),
                _ => assert!(matches!(written, StoreError::Unavailable { .. }), "{written:?}"),
            }
            assert!(written.to_string().contains(&path.display().to_string()), "{written}");
            match (name, store.head().await) {
                ("missing/store.db", Err(StoreError::NoStore(_))) | ("folder", Err(StoreError::Invalid(_))) => {}
                (_, Err(StoreError::Unavailable { message, .. })) => assert!(message.contains(&path.display().to_string())),
                other => panic!("{other:?}"),
            }
        }
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 3, "{left:?}");
    });
}

#[test]
fn reading_where_nothing_is_makes_no_file() {
    run(async {
        let folder = Folder::new();
        assert_fails!(folder.store().head().await, StoreError::NoStore(_));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    });
}

#[test]
fn the_file_and_what_lies_beside_it_are_for_its_owner_only() {
    run(async {
        let folder = Folder::new();
        let store = folder.store();
        put(&store, "thing-1", 1).await;
        store.head().await.unwrap();
        let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap()).collect();
        assert!(files.len() >= 2, "the file and its WAL");
        for file in files {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
        }
    });
}

/// Returns the output of a process without rights. They do not bind root, so as root it runs as another user.
fn as_a_user_without_rights(folder: &Folder) -> Vec<String> {
    let program = folder.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut command = Command::new(&program);
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(65534).gid(65534);
    }
    let mut child = with_task(command.current_dir("/"), OTHER_PROCESS, "read, then write", &folder.url()).spawn().unwrap();
    let lines = said(&mut child).collect();
    child.wait().unwrap();
    fs::remove_file(program).unwrap();
    lines
}

#[test]
fn a_file_that_cannot_be_written_can_be_read() {
    run(async {
        for folder_mode in [0o555, 0o777] {
            let folder = Folder::new();
            put(&folder.store(), "thing-1", 3).await;
            fs::set_permissions(folder.file(), Permissions::from_mode(0o444)).unwrap();
            fs::set_permissions(folder.path(), Permissions::from_mode(folder_mode)).unwrap();
            let root = fs::metadata("/proc/self").unwrap().uid() == 0;
            if !root && folder_mode == 0o555 {
                // The copy of the program goes into the folder before its rights are taken.
                fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
            }
            assert_eq!(as_a_user_without_rights(&folder), ["read 3", "not writable"], "folder {folder_mode:o}");
            fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
            fs::set_permissions(folder.file(), Permissions::from_mode(0o600)).unwrap();
            put(&folder.store(), "thing-1", 1).await;
            assert_eq!(whole(&folder.store()).await.len(), 4);
        }
    });
}

#[test]
fn a_file_that_may_not_be_read_is_unavailable() {
    run(async {
        let folder = Folder::new();
        put(&folder.store(), "thing-1", 3).await;
        fs::set_permissions(folder.file(), Permissions::from_mode(0o000)).unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        let lines = as_a_user_without_rights(&folder);
        assert!(
            lines[0].starts_with("failed to read: Unavailable") || lines[0].starts_with("failed to read: NotAllowed"),
            "{lines:?}"
        );
        assert_eq!(lines[1], "not writable");
    });
}
