//! The load of a selftest: concurrent writers, readers and runners of a projection, until it is stopped.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::ops::error::OpsError;
use crate::ops::selftest::history::Notebook;
use crate::ops::selftest::history::ReaderLog;
use crate::ops::selftest::history::SelftestHistory;
use crate::ops::selftest::reader::read_on;
use crate::ops::selftest::trail::Trails;
use crate::ops::selftest::writer::LoadWriter;
use crate::runtime::BatchSize;
use crate::runtime::Clock;
use crate::runtime::Projector;
use crate::runtime::RuntimeError;
use crate::store::Store;
use crate::store::StoreError;

/// The number of concurrent writers.
pub const WRITERS: usize = 12;
/// The number of concurrent readers.
pub const READERS: usize = 4;
/// The number of concurrent runners of the projection.
const RUNNERS: usize = 2;
/// The pause of a runner between two checks for new events.
const RUNNER_PAUSE: Duration = Duration::from_millis(20);
/// Maximum number of attempts to reach the end before the run fails.
const LAST_TRIES: usize = 20;
/// The interval of progress reports.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);
/// Approximate maximum number of events. All of them are kept in memory.
const MAX_EVENTS: u64 = 200_000;
/// Approximate number of events in an append.
const EVENTS_AN_APPEND: u64 = 3;

/// A function that opens a handle on the store.
pub type Opener<'a> = &'a (dyn Fn() -> Result<Store, OpsError> + Send + Sync);

/// The input of a selftest.
pub struct SelftestRun<'a> {
    /// Opens a handle that shares nothing with another one. Half of the workers share a handle, each other worker has its own.
    pub open: Opener<'a>,
    /// The clock of the read model.
    pub clock: Clock,
    /// The pause of a writer between two appends.
    pub pause: Duration,
    /// True when the run must end.
    pub stop: watch::Receiver<bool>,
}

/// Returns the pause of a writer between two appends that keeps a run of this length small enough for memory.
pub fn pause_for(seconds: u64) -> Duration {
    let appends_of_a_writer = MAX_EVENTS / EVENTS_AN_APPEND / WRITERS as u64;
    Duration::from_millis(seconds.saturating_mul(1000) / appends_of_a_writer)
}

enum WorkerResult {
    Wrote,
    Read(ReaderLog),
    Projected(Vec<String>),
}

/// Runs the load and returns the record of appends and readers. [`observe`](super::observe) adds the end of the store.
/// `progress` gets the number of newly acknowledged events.
///
/// # Errors
/// A failure that is not an answer to an append: the store cannot be made, or its end cannot be read.
pub async fn run(run: &SelftestRun<'_>, progress: &mut (dyn FnMut(u64) + Send)) -> Result<SelftestHistory, OpsError> {
    let shared = (run.open)()?;
    shared.init().await?;
    let notebook = Arc::new(Notebook::default());
    let raced = Arc::new(AtomicU64::new(0));
    let handle = |number: usize| if number.is_multiple_of(2) { Ok(shared.clone()) } else { (run.open)() };
    let (end_of_writing, written) = watch::channel(false);
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let writer = LoadWriter::new(number, handle(number)?, Arc::clone(&notebook) as _, Arc::clone(&raced));
        let (pause, stop) = (run.pause, run.stop.clone());
        writers.spawn(async move { writer.run(pause, stop).await.map(|()| WorkerResult::Wrote) });
    }
    let mut others = JoinSet::new();
    for number in 0..READERS {
        let (store, written) = (handle(number / 2)?, written.clone());
        others.spawn(async move { read_on(number, store, written).await.map(WorkerResult::Read) });
    }
    for number in 0..RUNNERS {
        let (store, clock, written) = (handle(number)?, Arc::clone(&run.clock), written.clone());
        others.spawn(async move { project(store, clock, written).await.map(WorkerResult::Projected) });
    }
    let mut history = SelftestHistory::default();
    let mut reported = 0;
    let mut report = |reported: &mut u64| {
        let now = notebook.acknowledged();
        progress(now - *reported);
        *reported = now;
    };
    // The readers continue until they have read what the writers appended.
    let wrote = join(&mut writers, &mut history, || report(&mut reported)).await;
    end_of_writing.send_replace(true);
    let read = join(&mut others, &mut history, || report(&mut reported)).await;
    history.attempts = notebook.take();
    wrote.and(read).map(|()| history)
}

/// Waits for all workers and records their results.
async fn join(
    workers: &mut JoinSet<Result<WorkerResult, OpsError>>,
    history: &mut SelftestHistory,
    mut report: impl FnMut(),
) -> Result<(), OpsError> {
    let mut result = Ok(());
    let mut tick = tokio::time::interval(PROGRESS_INTERVAL);
    loop {
        let done = tokio::select! {
            done = workers.join_next() => done,
            _ = tick.tick() => {
                report();
                continue;
            }
        };
        let Some(done) = done else { return result };
        match done {
            Ok(Ok(WorkerResult::Wrote)) => {}
            Ok(Ok(WorkerResult::Read(reading))) => history.readings.push(reading),
            Ok(Ok(WorkerResult::Projected(damage))) => history.read_model_damage.extend(damage),
            Ok(Err(error)) => result = Err(error),
            Err(error) => result = Err(StoreError::Bug(format!("a worker of the selftest failed: {error}")).into()),
        }
    }
}

/// Keeps the read model up to date until it is stopped, and then to the end. Returns the faults that it found.
async fn project(store: Store, clock: Clock, stop: watch::Receiver<bool>) -> Result<Vec<String>, OpsError> {
    let mut damage = Vec::new();
    let mut failures = 0;
    loop {
        let last = *stop.borrow();
        let projector = Projector::new(&store, &Trails, Arc::clone(&clock), BatchSize(500));
        match projector.catch_up(&mut |_| {}).await {
            Ok(_) if last => return Ok(damage),
            Ok(_) => {}
            Err(RuntimeError::Store(StoreError::Unavailable { .. } | StoreError::OutcomeUnknown { .. }))
                if failures <= LAST_TRIES =>
            {
                failures += usize::from(last);
            }
            Err(RuntimeError::Store(error @ (StoreError::Integrity { .. } | StoreError::ForeignCheckpoint { .. })))
                if failures <= LAST_TRIES =>
            {
                damage.push(error.to_string());
                // Damage stays and would be found again in each round.
                if damage.len() > LAST_TRIES {
                    return Ok(damage);
                }
            }
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(RUNNER_PAUSE).await;
    }
}
