//! A folder with a store, and this test program started again as another process on it.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use esctl::event::ExpectedVersion;
use esctl::store::ReadQuery;
use esctl::store::Store;
use esctl::store::StoreError;
use esctl::store::StoreUrl;
use esctl::store::open;
use tempfile::TempDir;

use crate::kit::TIMEOUT;
use crate::kit::events;
use crate::kit::exactly;
use crate::kit::request;
use crate::kit::run;

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

    /// A new handle on the store in it.
    pub fn store(&self) -> Store {
        store_at(&self.file())
    }
}

pub fn store_at(file: &Path) -> Store {
    open(&StoreUrl::SqliteFile(file.to_owned()), TIMEOUT).unwrap()
}

const TASK: &str = "ESCTL_TEST_TASK";
const FILE: &str = "ESCTL_TEST_FILE";

/// The arguments that make a copy of this program run nothing but a task.
const ARGUMENTS: [&str; 3] = ["--exact", "helper::the_other_process_which_does_nothing_by_itself", "--nocapture"];

/// Gives a command its task.
pub fn with_task<'c>(command: &'c mut Command, task: &str, file: &Path) -> &'c mut Command {
    command.args(ARGUMENTS).env(TASK, task).env(FILE, file).stdout(Stdio::piped())
}

/// Starts this program again with a task on a file.
pub fn start(task: &str, file: &Path) -> Child {
    with_task(&mut Command::new(std::env::current_exe().unwrap()), task, file).spawn().unwrap()
}

/// What a process said, whole lines only, each after its `> `.
pub fn said(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let mut out = BufReader::new(child.stdout.take().unwrap());
    std::iter::from_fn(move || {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        line.ends_with('\n').then_some(line)
    })
    .filter_map(|line| line.strip_prefix("> ").map(|said| said.trim_end().to_owned()))
}

fn say(text: &str) {
    // In one write, so that a kill cuts no line; the test framework may have left one open.
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n> {text}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

#[test]
fn the_other_process_which_does_nothing_by_itself() {
    let Ok(task) = std::env::var(TASK) else { return };
    let store = store_at(Path::new(&std::env::var(FILE).unwrap()));
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

async fn append_until_it_fails(store: &Store, size: u64) {
    let name = format!("thing-{}", std::process::id());
    loop {
        let batch = events(size);
        let ids: Vec<String> = batch.iter().map(|event| event.event_id.to_string()).collect();
        match store.append(request(&name, ExpectedVersion::Any, batch)).await {
            Ok(_) => say(&ids.join(" ")),
            Err(error) => return say(&format!("failed: {error:?}")),
        }
    }
}

async fn race(store: &Store) {
    for version in 0..25 {
        match store.append(request("thing-1", exactly(version), events(1))).await {
            Ok(_) => say(&format!("won {version}")),
            Err(StoreError::Conflict { actual, .. }) => assert!(actual.0 > version),
            Err(other) => panic!("{other:?}"),
        }
    }
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
