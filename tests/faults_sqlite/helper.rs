//! A folder with a store, and what this test program does as another process on it.

use std::path::Path;
use std::path::PathBuf;

use esctl::event::ExpectedVersion;
use esctl::store::ReadQuery;
use esctl::store::Store;
use esctl::store::StoreError;
use esctl::store::StoreUrl;
use esctl::store::open;
use tempfile::TempDir;

use crate::common::process::say;
use crate::common::process::task;
use crate::common::writers::append_until_it_fails;
use crate::common::writers::race;
use crate::conformance::kit::TIMEOUT;
use crate::conformance::kit::events;
use crate::conformance::kit::request;
use crate::conformance::kit::run;

/// A folder of its own, gone with the value.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self) -> PathBuf {
        self.path().join("store.db")
    }

    /// The URL of the store in it.
    pub fn url(&self) -> String {
        format!("sqlite:{}", self.file().display())
    }

    /// A new handle on the store in it.
    pub fn store(&self) -> Store {
        store_at(&self.file())
    }
}

pub fn store_at(file: &Path) -> Store {
    open(&StoreUrl::SqliteFile(file.to_owned()), TIMEOUT).unwrap()
}

/// The test that does the tasks of other processes.
pub const OTHER_PROCESS: &str = "faults_sqlite::helper::the_task_of_another_process_if_there_is_one";

#[test]
fn the_task_of_another_process_if_there_is_one() {
    let Some((task, url)) = task() else { return };
    let store = open(&url.parse().unwrap(), TIMEOUT).unwrap();
    run(async {
        match task.as_str() {
            "init" => say(&format!("made {}", store.init().await.unwrap() == esctl::store::Init::Made)),
            "append 3" => append_until_it_fails(&store, 3).await,
            "append 700" => append_until_it_fails(&store, 700).await,
            "race" => race(&store).await,
            "read, then write" => read_then_write(&store).await,
            other => panic!("{other}"),
        }
    });
}

async fn read_then_write(store: &Store) {
    let (mut scan, mut count) = (store.scan(ReadQuery::all()), 0);
    loop {
        match scan.next().await {
            Ok(Some(chunk)) => count += chunk.len(),
            Ok(None) => break say(&format!("read {count}")),
            Err(error) => break say(&format!("failed to read: {error:?}")),
        }
    }
    match store.append(request("thing-1", ExpectedVersion::Any, events(1))).await {
        Ok(_) => say("written"),
        Err(StoreError::Unavailable { .. } | StoreError::NotAllowed { .. }) => say("not writable"),
        Err(error) => say(&format!("failed to write: {error:?}")),
    }
}
