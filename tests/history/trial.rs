//! A run of the load with a fault beside it, and the verdict on what was written down.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use esctl::event::Position;
use esctl::ops::selftest::AppendAttempt;
use esctl::ops::selftest::CheckResult;
use esctl::ops::selftest::SelftestHistory;
use esctl::ops::selftest::SelftestRun;
use esctl::ops::selftest::check;
use esctl::ops::selftest::observe;
use esctl::ops::selftest::run;
use esctl::runtime::system_clock;
use esctl::store::OpenOptions;
use esctl::store::open;
use esctl::store::remove_scratch;
use tempfile::TempDir;
use url::Url;

/// The time that a store may take to answer where no delay is intended.
pub const TIMEOUT: Duration = Duration::from_secs(30);
/// Events of which about half were acknowledged one by one.
const ENOUGH: Position = Position(150);

/// A place for a store on some database, gone with the value.
pub struct Area {
    pub url: String,
    _folder: Option<TempDir>,
}

impl Area {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { url: format!("sqlite:{}", folder.path().join("store.db").display()), _folder: Some(folder) }
    }

    /// A schema on the server of `ESCTL_TEST_POSTGRES`.
    pub fn postgres() -> Self {
        let mut url: Url = server("ESCTL_TEST_POSTGRES").parse().unwrap();
        url.query_pairs_mut().append_pair("schema", &name());
        Self { url: url.into(), _folder: None }
    }

    /// A database on a server that a variable of the environment names.
    pub fn mongodb(variable: &str) -> Self {
        Self::mongodb_on(&server(variable))
    }

    /// A database on a server.
    pub fn mongodb_on(server: &str) -> Self {
        let (place, options) = server.split_once("/?").unwrap_or((server.trim_end_matches('/'), ""));
        Self { url: format!("{place}/{}?{options}", name()), _folder: None }
    }

    pub fn port(&self) -> u16 {
        let place = self.url.split("://").nth(1).unwrap().split('/').next().unwrap();
        place.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// The same place by way of another port.
    pub fn through(&self, port: u16) -> String {
        self.url.replacen(&format!(":{}/", self.port()), &format!(":{port}/"), 1)
    }
}

fn server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names no server: tests/servers starts one"))
}

fn name() -> String {
    format!("esctl_scratch_{}", &uuid::Uuid::new_v4().simple().to_string()[..12])
}

impl Drop for Area {
    fn drop(&mut self) {
        let url = self.url.parse().unwrap();
        // A thread of its own: this one may be inside a runtime. The server may be gone by now, and its files with it.
        let remove = move || block_on(async { drop(remove_scratch(&url, Duration::from_secs(3)).await) });
        std::thread::spawn(remove).join().unwrap();
    }
}

/// Runs a test to its end, with the network.
pub fn block_on<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

/// Runs the load until the fault is over, with handles on these URLs in turn; the first one is that without a fault.
/// The fault brings what was appended besides.
pub async fn history(urls: &[String], timeout: Duration, fault: impl Future<Output = Vec<AppendAttempt>>) -> SelftestHistory {
    let turn = AtomicUsize::new(0);
    let at =
        |index: usize, timeout| open(&urls[index % urls.len()].parse().unwrap(), OpenOptions::new(timeout).with_io()).unwrap();
    let handle = || Ok(at(turn.fetch_add(1, Ordering::SeqCst), timeout));
    // Made before anything goes wrong.
    at(0, TIMEOUT).init().await.unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let load = SelftestRun { open: &handle, clock: system_clock(), pause: Duration::from_millis(1), stop: stopped };
    let beside = async {
        let besides = fault.await;
        // A slow machine has done little by now: the load goes on until there is something to hold promises against.
        let store = at(0, TIMEOUT);
        let until = Instant::now() + TIMEOUT;
        while !store.head().await.is_ok_and(|head| head.position >= ENOUGH) && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        stop.send_replace(true);
        besides
    };
    let mut progress = |_| {};
    let (ran, besides) = tokio::join!(run(&load, &mut progress), beside);
    let mut history = ran.unwrap();
    history.attempts.extend(besides);
    observe(&at(0, TIMEOUT), &mut history).await.unwrap();
    history
}

/// Asserts that every promise held, and that there was something to hold them against.
pub fn all_held(history: &SelftestHistory) -> CheckResult {
    let verdict = check(history);
    for tried in &verdict.promises {
        println!("{:18} {:7} {:3}", tried.promise.name(), tried.tried, tried.broken);
    }
    println!("{} appends, {} of unknown outcome", history.attempts.len(), unknown(history));
    assert!(verdict.is_ok(), "{:#?}", verdict.findings);
    let acknowledged = history.attempts.iter().filter(|attempt| attempt.acknowledged().is_some()).count();
    assert!(acknowledged >= 30, "only {acknowledged} appends were acknowledged");
    verdict
}

/// Returns the number of appends with an unknown outcome.
pub fn unknown(history: &SelftestHistory) -> usize {
    history.attempts.iter().filter(|attempt| attempt.is_unknown()).count()
}

/// Returns the number of appends that were refused for the moment.
pub fn unavailable(history: &SelftestHistory) -> usize {
    let refused = |attempt: &&AppendAttempt| matches!(&attempt.answer, Some(Err(esctl::store::StoreError::Unavailable { .. })));
    history.attempts.iter().filter(refused).count()
}

/// No fault but time that passes.
pub async fn nothing(time: Duration) -> Vec<AppendAttempt> {
    tokio::time::sleep(time).await;
    Vec::new()
}
