//! No room left: what was acknowledged is there, nothing else is, and it goes on when there is room again.

use std::collections::HashSet;
use std::fs;
use std::process::Command;

use esctl::event::ExpectedVersion;
use esctl::event::JsonObject;
use esctl::event::NewEvent;
use esctl::store::Store;
use esctl::store::StoreError;

use crate::common::mount::Mounted;
use crate::common::mount::may_mount;
use crate::common::not_run::not_run;
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

/// Needs no rights: the other process may not make files larger than a limit.
#[test]
fn at_the_limit_of_file_sizes_nothing_acknowledged_is_lost_and_nothing_half_is_there() {
    run(async {
        let folder = Folder::new();
        put(&folder.store(), "before-1", 1).await;
        let exe = std::env::current_exe().unwrap();
        let limited = r#"trap "" XFSZ; ulimit -f 2000; exec "$0" "$@""#;
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(limited).arg(exe);
        let mut child = with_task(&mut shell, OTHER_PROCESS, "append 700", &folder.url()).spawn().unwrap();
        let mut lines: Vec<String> = said(&mut child).collect();
        assert!(child.wait().unwrap().success());
        let failure = lines.pop().unwrap();
        assert!(failure.starts_with("failed: Unavailable"), "{failure}");

        let store = folder.store();
        let ids: HashSet<String> = whole(&store).await.iter().map(|event| event.event_id.to_string()).collect();
        let acknowledged: HashSet<&str> = lines.iter().flat_map(|line| line.split(' ')).collect();
        assert!(!acknowledged.is_empty());
        assert!(acknowledged.iter().all(|id| ids.contains(*id)));
        assert_eq!(ids.len(), acknowledged.len() + 1);
        put(&store, "after-1", 1).await;
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    });
}

/// Two appends in one transaction, too large for the memory that SQLite keeps pages in.
async fn two_large(store: &Store) -> StoreError {
    let large = JsonObject::of(&serde_json::json!({ "text": "x".repeat(500_000) })).unwrap();
    let batch = || events(6).into_iter().map(|event| NewEvent { data: large.clone(), ..event }).collect();
    let both = ["large-2", "large-3"].map(|stream| request(stream, ExpectedVersion::Any, batch()));
    store.append_together(both.into()).await.unwrap_err()
}

async fn fill(store: &Store) -> (u64, StoreError) {
    let large = JsonObject::of(&serde_json::json!({ "text": "x".repeat(50_000) })).unwrap();
    let mut done = 0;
    loop {
        let batch = events(3).into_iter().map(|event| NewEvent { data: large.clone(), ..event }).collect();
        match store.append(request("large-1", ExpectedVersion::Any, batch)).await {
            Ok(_) => done += 3,
            Err(error) => return (done, error),
        }
    }
}

#[test]
fn a_full_disk_loses_nothing_and_the_same_handle_goes_on_when_there_is_room() {
    if !may_mount() {
        return not_run("only root may mount a file system");
    }
    let disk = Folder::new();
    let _mounted = Mounted::on(disk.path(), "size=4m");
    run(async {
        let ballast = disk.path().join("ballast");
        fs::write(&ballast, vec![0; 1_500_000]).unwrap();
        let store = store_at(&disk.path().join("store.db"));
        put(&store, "before-1", 1).await;
        let (done, error) = fill(&store).await;
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(error.to_string().contains("disk is full"), "{error}");
        let error = two_large(&store).await;
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(error.to_string().contains("disk is full"), "{error}");
        assert!(done > 0);
        assert_eq!(whole(&store).await.len() as u64, done + 1);

        fs::remove_file(ballast).unwrap();
        put(&store, "after-1", 2).await;
        assert_eq!(whole(&store).await.len() as u64, done + 3);
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    });
}
