//! The run: writers, readers and two runners of one projection at the same time, until it is told to stop.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::ops::error::OpsError;
use crate::ops::selftest::history::History;
use crate::ops::selftest::history::Notebook;
use crate::ops::selftest::history::Reading;
use crate::ops::selftest::reader::read_on;
use crate::ops::selftest::trail::Trails;
use crate::ops::selftest::writer::Writer;
use crate::runtime::BatchSize;
use crate::runtime::Clock;
use crate::runtime::Projector;
use crate::runtime::RuntimeError;
use crate::store::Store;
use crate::store::StoreError;

/// How many append at the same time.
pub const WRITERS: usize = 12;
/// How many read at the same time.
pub const READERS: usize = 4;
/// How many run the projection at the same time.
const RUNNERS: usize = 2;
/// Between two looks of a runner for new events.
const RUNNER_PAUSE: Duration = Duration::from_millis(20);
/// How often the end is tried for before the store is given up.
const LAST_TRIES: usize = 20;
/// How often progress is told.
const TELL: Duration = Duration::from_millis(100);
/// About so many events at most: all of them are held in memory.
const MAX_EVENTS: u64 = 200_000;
/// About so many events there are in an append.
const EVENTS_AN_APPEND: u64 = 3;

/// Opens a handle on the store that is tried.
pub type Opener<'a> = &'a (dyn Fn() -> Result<Store, OpsError> + Send + Sync);

/// What is run.
pub struct Run<'a> {
    /// Opens a handle that shares nothing with any other; half of the workers share one, the others have their own.
    pub open: Opener<'a>,
    /// The clock of the read model.
    pub clock: Clock,
    /// The pause of a writer between two appends.
    pub pause: Duration,
    /// Turns true when the run is to end.
    pub stop: watch::Receiver<bool>,
}

/// The pause between two appends of a writer with which a run of so many seconds stays small enough to be held.
pub fn pause_for(seconds: u64) -> Duration {
    let appends_of_a_writer = MAX_EVENTS / EVENTS_AN_APPEND / WRITERS as u64;
    Duration::from_millis(seconds.saturating_mul(1000) / appends_of_a_writer)
}

enum Done {
    Wrote,
    Read(Reading),
    Projected(Vec<String>),
}

/// Runs everything; what was tried and seen, but not yet what is there in the end. `progress` is told how many events more
/// have been acknowledged.
///
/// # Errors
/// As the store says, where it is no answer to an append: it cannot be made, the end cannot be read.
pub async fn run(run: &Run<'_>, progress: &mut (dyn FnMut(u64) + Send)) -> Result<History, OpsError> {
    let shared = (run.open)()?;
    shared.init().await?;
    let notebook = Arc::new(Notebook::default());
    let raced = Arc::new(AtomicU64::new(0));
    let handle = |number: usize| if number.is_multiple_of(2) { Ok(shared.clone()) } else { (run.open)() };
    let (end_of_writing, written) = watch::channel(false);
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let writer = Writer::new(number, handle(number)?, Arc::clone(&notebook) as _, Arc::clone(&raced));
        let (pause, stop) = (run.pause, run.stop.clone());
        writers.spawn(async move { writer.run(pause, stop).await.map(|()| Done::Wrote) });
    }
    let mut others = JoinSet::new();
    for number in 0..READERS {
        let (store, written) = (handle(number / 2)?, written.clone());
        others.spawn(async move { read_on(number, store, written).await.map(Done::Read) });
    }
    for number in 0..RUNNERS {
        let (store, clock, written) = (handle(number)?, Arc::clone(&run.clock), written.clone());
        others.spawn(async move { project(store, clock, written).await.map(Done::Projected) });
    }
    let mut history = History::default();
    let mut told = 0;
    let mut tell = |told: &mut u64| {
        let now = notebook.acknowledged();
        progress(now - *told);
        *told = now;
    };
    // First the writers come to their end; then the others read to theirs.
    let wrote = join(&mut writers, &mut history, || tell(&mut told)).await;
    end_of_writing.send_replace(true);
    let read = join(&mut others, &mut history, || tell(&mut told)).await;
    history.attempts = notebook.take();
    wrote.and(read).map(|()| history)
}

/// Waits for all of them, and writes down what they bring.
async fn join(
    workers: &mut JoinSet<Result<Done, OpsError>>,
    history: &mut History,
    mut tell: impl FnMut(),
) -> Result<(), OpsError> {
    let mut result = Ok(());
    let mut tick = tokio::time::interval(TELL);
    loop {
        let done = tokio::select! {
            done = workers.join_next() => done,
            _ = tick.tick() => {
                tell();
                continue;
            }
        };
        let Some(done) = done else { return result };
        match done {
            Ok(Ok(Done::Wrote)) => {}
            Ok(Ok(Done::Read(reading))) => history.readings.push(reading),
            Ok(Ok(Done::Projected(damage))) => history.read_model_damage.extend(damage),
            Ok(Err(error)) => result = Err(error),
            Err(error) => result = Err(StoreError::Bug(format!("a worker of the selftest has died: {error}")).into()),
        }
    }
}

/// Keeps the read model up to date until it is told to stop, and then to the end; what was wrong meanwhile.
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
                // It would be found again and again.
                if damage.len() > LAST_TRIES {
                    return Ok(damage);
                }
            }
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(RUNNER_PAUSE).await;
    }
}
