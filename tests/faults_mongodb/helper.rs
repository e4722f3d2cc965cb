//! A database of its own on the server that is there, and what this test program does as another process on it.

use std::time::Duration;

use esctl::store::Store;
use esctl::store::StoreUrl;
use esctl::store::open;

use crate::common::process::task;
use crate::common::writers::append_until_it_fails;
use crate::common::writers::race;
use crate::conformance::kit::TIMEOUT;
use crate::conformance::kit::run;

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

/// The test that does the tasks of other processes.
pub const OTHER_PROCESS: &str = "faults_mongodb::helper::the_task_of_another_process_if_there_is_one";

#[test]
fn the_task_of_another_process_if_there_is_one() {
    let Some((task, url)) = task() else { return };
    let store = store_at(&url, TIMEOUT);
    run(async {
        match task.as_str() {
            "append 3" => append_until_it_fails(&store, 3).await,
            "append 700" => append_until_it_fails(&store, 700).await,
            "race" => race(&store).await,
            other => panic!("{other}"),
        }
    });
}
