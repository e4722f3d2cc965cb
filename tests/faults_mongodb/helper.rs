//! A database of its own on the server that is there, and this test program started again as another process on it.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use esctl::event::ExpectedVersion;
use esctl::store::Store;
use esctl::store::StoreError;
use esctl::store::StoreUrl;
use esctl::store::open;

use crate::kit::TIMEOUT;
use crate::kit::events;
use crate::kit::exactly;
use crate::kit::request;
use crate::kit::run;

/// A database of its own, gone with the value.
pub struct Place {
    server: String,
    name: String,
}

impl Place {
    /// On the server that the tests were given.
    pub fn new() -> Self {
        Self::on(std::env::var("ESCTL_TEST_MONGODB").expect("ESCTL_TEST_MONGODB names no server: tests/servers starts one"))
    }

    /// On a server of the test's own.
    pub fn on(server: String) -> Self {
        Self { server, name: format!("t{}", uuid::Uuid::new_v4().simple()) }
    }

    pub fn url(&self) -> String {
        let (place, options) = self.server.split_once("/?").unwrap_or((&self.server, ""));
        format!("{place}/{}?{options}", self.name)
    }

    /// A new handle on the store in it.
    pub fn store(&self) -> Store {
        store_at(&self.url(), TIMEOUT)
    }

    /// The database itself, past the store.
    pub async fn database(&self) -> mongodb::Database {
        mongodb::Client::with_uri_str(&self.server).await.unwrap().database(&self.name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let drop_database = move || {
            all_enabled(async {
                let mut options = mongodb::options::ClientOptions::parse(server).await.unwrap();
                options.server_selection_timeout = Some(Duration::from_secs(2));
                // The server may be gone by now, and its files with it.
                let _ = mongodb::Client::with_options(options).unwrap().database(&name).drop().await;
            });
        };
        std::thread::spawn(drop_database).join().unwrap();
    }
}

pub fn store_at(url: &str, timeout: Duration) -> Store {
    open(&url.parse::<StoreUrl>().unwrap(), timeout).unwrap()
}

/// Runs a test that talks to servers by itself.
pub fn all_enabled(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

const TASK: &str = "ESCTL_TEST_TASK";
const URL: &str = "ESCTL_TEST_URL";

/// Starts this program again with a task on a store.
pub fn start(task: &str, url: &str) -> Child {
    let arguments = ["--exact", "helper::the_other_process_which_does_nothing_by_itself", "--nocapture"];
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments).env(TASK, task).env(URL, url).stdout(Stdio::piped()).spawn().unwrap()
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
    let store = store_at(&std::env::var(URL).unwrap(), TIMEOUT);
    run(async {
        match task.as_str() {
            "append 3" => append_until_it_fails(&store, 3).await,
            "append 700" => append_until_it_fails(&store, 700).await,
            "race" => race(&store).await,
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
