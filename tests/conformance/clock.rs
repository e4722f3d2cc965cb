//! The clock of this machine is compared before an append: with the server's clock, or with the last event where there is no
//! server, and later with the time that has passed.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::SystemTime;

use esctl::event::ExpectedVersion;
use esctl::event::Timestamp;
use esctl::store::ClockRefused;
use esctl::store::OpenOptions;
use esctl::store::RecordTime;
use esctl::store::Store;
use esctl::store::StoreError;

use crate::assert_fails;
use crate::conformance::kit::Shared;
use crate::conformance::kit::TIMEOUT;
use crate::conformance::kit::events;
use crate::conformance::kit::put;
use crate::conformance::kit::request;
use crate::conformance::kit::timed;
use crate::conformance::kit::whole;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A clock that differs from that of the machine by seconds that can be changed, and the warnings of its store.
#[derive(Clone, Default)]
struct Clock {
    ahead: Arc<AtomicI64>,
    warnings: Arc<Mutex<Vec<String>>>,
}

impl Clock {
    fn ahead(seconds: i64) -> Self {
        let clock = Self::default();
        clock.set(seconds);
        clock
    }

    fn set(&self, seconds: i64) {
        self.ahead.store(seconds, Ordering::Relaxed);
    }

    fn options(&self) -> OpenOptions {
        let (ahead, warnings) = (Arc::clone(&self.ahead), Arc::clone(&self.warnings));
        let clock = move || {
            let seconds = ahead.load(Ordering::Relaxed);
            let difference = Duration::from_secs(seconds.unsigned_abs());
            if seconds < 0 { SystemTime::now() - difference } else { SystemTime::now() + difference }
        };
        let warn = move |text: &str| warnings.lock().unwrap().push(text.to_owned());
        OpenOptions { clock: Arc::new(clock), warn: Arc::new(warn), ..OpenOptions::new(TIMEOUT).with_io() }
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap().clone()
    }
}

async fn append(store: &Store) -> Result<(), StoreError> {
    store.append(request("thing-1", ExpectedVersion::Any, events(1))).await.map(|_| ())
}

/// Differences that are refused: with a server an hour, else a year ahead of the last event or thirty days behind it.
fn refused(store: &Store) -> [i64; 2] {
    if store.kind() == "SQLite" { [366 * DAY, -31 * DAY] } else { [HOUR + MINUTE, -HOUR - MINUTE] }
}

pub async fn a_clock_that_contradicts_its_reference_is_refused_before_the_append<S: Shared>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 1).await;
    for (done, seconds) in refused(&store).into_iter().enumerate() {
        let clock = Clock::ahead(seconds);
        let wrong = subject.open_with(clock.options()).unwrap();
        match append(&wrong).await {
            Err(StoreError::ClockRefused(refused @ ClockRefused::Differs { clock: said, time, .. })) => {
                let difference = (said.micros() - time.micros()) / 1_000_000;
                assert!((difference - seconds).abs() < 60, "{difference} s instead of {seconds} s");
                let message = refused.to_string();
                assert!(message.contains(&said.to_string()) && message.contains(&time.to_string()), "{message}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(store.head().await.unwrap().position.0, 1, "a refused append must change nothing");
        if done == 0 {
            assert_fails!(append(&wrong).await, StoreError::ClockRefused(_));
        }
    }
    let clock = Clock::ahead(refused(&store)[1]);
    let accepting = subject.open_with(OpenOptions { accept_clock: true, ..clock.options() }).unwrap();
    append(&accepting).await.unwrap();
    append(&accepting).await.unwrap();
    assert_eq!(clock.warnings().len(), 1, "{:?}", clock.warnings());
    assert_eq!(whole(&store).await.len(), 3);
}

pub async fn a_smaller_difference_is_warned_about_once<S: Shared>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 1).await;
    let differences: &[i64] = if store.kind() == "SQLite" { &[31 * DAY] } else { &[-2 * MINUTE, 2 * MINUTE, 59 * MINUTE] };
    for seconds in differences {
        let clock = Clock::ahead(*seconds);
        let wrong = subject.open_with(clock.options()).unwrap();
        append(&wrong).await.unwrap();
        append(&wrong).await.unwrap();
        let warnings = clock.warnings();
        assert!(warnings.len() == 1 && warnings[0].contains("clock of this machine"), "{seconds} s: {warnings:?}");
    }
    whole(&store).await;
}

pub async fn a_clock_that_agrees_is_not_spoken_of<S: Shared>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 1).await;
    for seconds in if store.kind() == "SQLite" { [29 * DAY, 0] } else { [50, -50] } {
        let clock = Clock::ahead(seconds);
        append(&subject.open_with(clock.options()).unwrap()).await.unwrap();
        assert_eq!(clock.warnings(), Vec::<String>::new());
    }
}

/// Seconds from now to moments that no append can have: before 1970, after 9998, and after 2106 on MongoDB.
fn out_of_range(store: &Store) -> Vec<i64> {
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    let last = if store.kind() == "MongoDB" { "2106-02-07T06:28:16Z" } else { "9999-01-01T00:00:00Z" };
    let last: Timestamp = last.parse().unwrap();
    [-1, -100 * 365 * DAY, last.micros() / 1_000_000, 400_000_000_000].into_iter().map(|moment| moment - now).collect()
}

pub async fn a_clock_out_of_range_is_refused_when_the_store_is_opened<S: Shared>(subject: S) {
    let store = subject.store();
    for seconds in out_of_range(&store) {
        for accept_clock in [false, true] {
            let opened = subject.open_with(OpenOptions { accept_clock, ..Clock::ahead(seconds).options() });
            assert_fails!(opened.map(|_| ()), StoreError::ClockRefused(ClockRefused::OutOfRange { .. }));
        }
    }
}

pub async fn a_clock_that_leaves_its_range_later_is_refused_before_the_append<S: Shared>(subject: S) {
    let clock = Clock::default();
    let store = subject.open_with(OpenOptions { accept_clock: true, ..clock.options() }).unwrap();
    append(&store).await.unwrap();
    for seconds in out_of_range(&store) {
        clock.set(seconds);
        assert_fails!(append(&store).await, StoreError::ClockRefused(ClockRefused::OutOfRange { .. }));
    }
    clock.set(0);
    append(&store).await.unwrap();
    assert_eq!(whole(&store).await.len(), 2);
}

pub async fn a_clock_that_jumps_later_is_refused_before_the_append<S: Shared>(subject: S) {
    let clock = Clock::default();
    let store = subject.open_with(clock.options()).unwrap();
    append(&store).await.unwrap();
    for seconds in [2 * HOUR, -2 * HOUR, 70 * 365 * DAY] {
        clock.set(seconds);
        assert_fails!(append(&store).await, StoreError::ClockRefused(ClockRefused::Differs { .. }));
        clock.set(0);
        append(&store).await.unwrap();
    }
    assert_eq!(clock.warnings(), Vec::<String>::new());
    clock.set(10 * MINUTE);
    append(&store).await.unwrap();
    assert_eq!(clock.warnings().len(), 1);
    assert_eq!(whole(&store).await.len(), 5);
}

pub async fn a_store_that_is_not_there_is_not_made_by_a_refused_append<S: Shared>(subject: S) {
    let store = subject.open_with(Clock::ahead(2 * HOUR).options()).unwrap();
    let appended = append(&store).await;
    if store.kind() == "SQLite" {
        // There is nothing to compare with.
        appended.unwrap();
    } else {
        assert_fails!(appended, StoreError::ClockRefused(_));
        assert_fails!(store.head().await, StoreError::NoStore(_));
    }
}

pub async fn a_clock_of_the_callers_own_is_not_compared<S: Shared>(subject: S) {
    let store = subject.store();
    put(&store, "thing-1", 1).await;
    let wrong = subject.open_with(Clock::ahead(refused(&store)[0]).options()).unwrap();
    let later = store.head().await.unwrap().recorded_at.plus(Duration::from_secs(1));
    wrong.append(timed("thing-1", 1, RecordTime::Clock(later))).await.unwrap();
    wrong.append(timed("thing-1", 1, RecordTime::Given(vec![later.plus(Duration::from_secs(1))]))).await.unwrap();
    assert_fails!(append(&wrong).await, StoreError::ClockRefused(_));
}
