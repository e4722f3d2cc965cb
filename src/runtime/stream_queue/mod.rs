//! A queue for each stream on which commands are decided in this process.
//!
//! All commands that wait for a stream are decided in one **round**: one after the other, on one evolving state. Their
//! events are appended together, and each command has its own answer. A **driver**, one task for each stream in use,
//! loads the state, opens a round, closes it when all waiting commands have decided, and appends. So one process never
//! conflicts with itself, and a busy stream pays one commit for many commands.
//!
//! Guarantees:
//!
//! - A command decides inside its own future, in one poll. A command that is cancelled before it has decided leaves
//!   nothing behind; after that its events are appended all the same. A panic while deciding ends only that command.
//! - No command holds a lock while it waits. A future that is not polled delays a round by [`GRACE`] and no more.
//! - The answer of a command counts only once everything it was decided on is in the store, also the answer of a command
//!   without events. Otherwise it decides again.
//! - A state that is older than a command (carried over from the round before, or being loaded when the command came) counts only
//!   while the set of quarantined events is the same. That is one small query for each such round, and none for a lone command.
//! - Events that cannot be applied to the state they were decided on are refused before they are appended.
//! - A batch is bounded in commands, events and bytes, a queue in waiting commands, and an unused queue is removed.

mod batch;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio::time::sleep;
use tokio::time::timeout_at;
use uuid::Uuid;

use crate::aggregate::Fold;
use crate::event::ExpectedVersion;
use crate::event::StreamName;
use crate::runtime::error::RuntimeError;
use crate::runtime::stream_queue::batch::Committed;
use crate::runtime::stream_state::StreamState;
use crate::store::AppendRequest;
use crate::store::Appended;
use crate::store::Outcome;
use crate::store::RecordTime;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

pub(super) use batch::Batch;
pub(super) use batch::BatchAnswer;
pub(super) use batch::Ticket;

/// Maximum number of commands that wait for one stream.
const MAX_WAITING: usize = 10_000;
/// Time that the commands of a round have to decide once it is open. Those that are later are in the next round.
const GRACE: Duration = Duration::from_millis(2);
/// Number of rounds after which the state is loaded again although only this process has changed the stream.
const MAX_CARRIED: u32 = 100;
/// The longest pause after a conflict with another process.
const LONGEST_PAUSE: Duration = Duration::from_millis(64);

/// The queues of all streams in use. Cheap to clone; all clones are the same.
pub(super) struct StreamQueues<F>(Arc<Mutex<HashMap<StreamName, Arc<StreamQueue<F>>>>>);

impl<F> Clone for StreamQueues<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<F> Default for StreamQueues<F> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// The queue of one stream.
struct StreamQueue<F> {
    store: Store,
    stream: StreamName,
    /// Set if the deciding clock also determines the times of recorded events.
    clock_records: bool,
    empty: F,
    round: Mutex<Round<F>>,
    /// Wakes the commands that wait: the phase has changed.
    changed: Notify,
    /// Wakes the driver: a command has decided or left, or the batch is full.
    decided: Notify,
}

struct Round<F> {
    number: u64,
    /// Number of commands that have not decided.
    waiting: usize,
    phase: RoundPhase<F>,
}

// One of these exists for each queue, so the size of the largest does not matter.
#[expect(clippy::large_enum_variant)]
enum RoundPhase<F> {
    /// The driver is loading or appending.
    Closed,
    /// Waiting commands decide.
    Open(Batch<F>),
    /// The state could not be loaded, and the driver has ended. `None`: the error cannot be shared.
    NotLoaded(Option<StoreError>),
    /// The driver has ended.
    Ended,
}

/// The outcome of a turn.
pub(super) enum TurnOutcome<R> {
    /// The command has decided.
    Decided(R),
    /// The state could not be loaded. `None`: the error cannot be shared, so the command has to load by itself.
    NotLoaded(Option<StoreError>),
    /// The queue has ended: enter again.
    Ended,
}

/// The entry of one command in the queue of its stream.
pub(super) struct QueueEntry<F> {
    queue: Arc<StreamQueue<F>>,
    /// The round that had begun when the command entered.
    entered_in: u64,
}

impl<F: Fold + Clone + 'static> StreamQueues<F> {
    /// Enters the queue of a stream. The first command starts its driver.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when too many commands wait for this stream.
    pub(super) fn enter(
        &self,
        store: &Store,
        stream: &StreamName,
        clock_records: bool,
        empty: impl FnOnce() -> F,
    ) -> Result<QueueEntry<F>, StoreError> {
        let mut queues = self.lock();
        let mut start = false;
        let queue = queues.entry(stream.clone()).or_insert_with(|| {
            start = true;
            Arc::new(StreamQueue {
                store: store.clone(),
                stream: stream.clone(),
                clock_records,
                empty: empty(),
                round: Mutex::new(Round { number: 0, waiting: 0, phase: RoundPhase::Closed }),
                changed: Notify::new(),
                decided: Notify::new(),
            })
        });
        let queue = Arc::clone(queue);
        let entry = {
            let mut round = queue.lock();
            if round.waiting >= MAX_WAITING {
                let message = format!("{MAX_WAITING} commands are waiting for stream {stream}");
                return Err(StoreError::Unavailable { message, source: None });
            }
            round.waiting += 1;
            QueueEntry { queue: Arc::clone(&queue), entered_in: round.number }
        };
        if start {
            tokio::spawn(drive(Driver { queue, queues: self.clone() }));
        }
        Ok(entry)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StreamName, Arc<StreamQueue<F>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes a queue without waiting commands. Returns true if it did.
    fn remove_idle(&self, queue: &StreamQueue<F>) -> bool {
        let mut queues = self.lock();
        let idle = queue.lock().waiting == 0;
        if idle {
            queues.remove(&queue.stream);
        }
        idle
    }
}

impl<F: Fold + Clone> QueueEntry<F> {
    /// Waits for a round and decides in it. `decide` is given the batch, and whether its state was loaded after the command
    /// came and nothing has been added to it: then an answer needs no confirmation. It may be called more than once: after
    /// [`ControlFlow::Continue`] there was no room, and the next round is waited for.
    pub(super) async fn turn<R>(self, mut decide: impl FnMut(&mut Batch<F>, bool) -> ControlFlow<R>) -> TurnOutcome<R> {
        loop {
            let changed = self.queue.changed.notified();
            tokio::pin!(changed);
            // No change is missed from here on.
            changed.as_mut().enable();
            {
                let mut round = self.queue.lock();
                match &mut round.phase {
                    RoundPhase::Open(batch) if !batch.is_full() => {
                        let is_newer = batch.meets(self.entered_in);
                        let fresh = batch.events.is_empty() && is_newer;
                        if let ControlFlow::Break(decision) = decide(batch, fresh) {
                            return TurnOutcome::Decided(decision);
                        }
                        self.queue.decided.notify_one();
                    }
                    RoundPhase::NotLoaded(error) => return TurnOutcome::NotLoaded(error.clone()),
                    RoundPhase::Ended => return TurnOutcome::Ended,
                    RoundPhase::Open(_) | RoundPhase::Closed => {}
                }
            }
            changed.await;
        }
    }
}

impl<F> Drop for QueueEntry<F> {
    fn drop(&mut self) {
        self.queue.lock().waiting -= 1;
        self.queue.decided.notify_one();
    }
}

impl<F> StreamQueue<F> {
    fn lock(&self) -> MutexGuard<'_, Round<F>> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter_phase(&self, phase: RoundPhase<F>) -> RoundPhase<F> {
        let before = std::mem::replace(&mut self.lock().phase, phase);
        self.changed.notify_waiters();
        before
    }
}

impl<F: Fold + Clone> StreamQueue<F> {
    /// Waits until every waiting command has decided, or the batch is full; after the first decision not longer than [`GRACE`].
    async fn all_decided(&self) {
        let mut deadline = None;
        loop {
            {
                let round = self.lock();
                let RoundPhase::Open(batch) = &round.phase else { return };
                if round.waiting == 0 || batch.is_full() {
                    return;
                }
                if deadline.is_none() && batch.has_tickets() {
                    deadline = Some(Instant::now() + GRACE);
                }
            }
            let decided = self.decided.notified();
            match deadline {
                None => decided.await,
                Some(deadline) if timeout_at(deadline, decided).await.is_err() => return,
                Some(_) => {}
            }
        }
    }

    /// Appends a batch; one without events only confirms that the stream is where its commands were decided. A batch whose
    /// state is older than one of its commands is not appended where another process has quarantined or released an event.
    async fn append(&self, batch: &mut Batch<F>) -> Result<Appended, StoreError> {
        if let Some(known) = batch.quarantine_to_check()
            && no_store_is_empty(self.store.quarantine_version().await)? != known
        {
            batch.set_stale();
            return Ok(Appended { outcome: Outcome::Applied, events: Vec::new(), clock_behind_micros: 0 });
        }
        let (stream, expected) = (self.stream.clone(), ExpectedVersion::Exact(batch.expected()));
        let Some(last) = batch.last_moment() else {
            let actual = no_store_is_empty(self.store.stream_version(stream.clone()).await)?;
            let events = Vec::new();
            return if actual == batch.expected() {
                Ok(Appended { outcome: Outcome::Applied, events, clock_behind_micros: 0 })
            } else {
                Err(StoreError::Conflict { stream, expected, actual })
            };
        };
        let time = if self.clock_records { RecordTime::Clock(last) } else { RecordTime::StoreClock };
        self.store.append(AppendRequest { stream, expected, events: batch.events.clone(), time }).await
    }
}

/// The task that processes the queue of one stream.
struct Driver<F: Fold + Clone + 'static> {
    queue: Arc<StreamQueue<F>>,
    queues: StreamQueues<F>,
}

impl<F: Fold + Clone + 'static> Drop for Driver<F> {
    /// Ends the waiting commands if the runtime of this task ends first.
    fn drop(&mut self) {
        let mut queues = self.queues.lock();
        if queues.get(&self.queue.stream).is_some_and(|queue| Arc::ptr_eq(queue, &self.queue)) {
            queues.remove(&self.queue.stream);
        }
        drop(queues);
        if matches!(self.queue.lock().phase, RoundPhase::NotLoaded(_)) {
            return;
        }
        if let RoundPhase::Open(batch) = self.queue.enter_phase(RoundPhase::Ended) {
            let message = "the task that writes this stream has ended; nothing was appended".into();
            publish(batch, Err(StoreError::Unavailable { message, source: None }));
        }
    }
}

/// Processes the queue until no command waits in it.
async fn drive<F: Fold + Clone + 'static>(driver: Driver<F>) {
    let queue = &driver.queue;
    let (mut last, mut carried, mut conflicts) = (None, 0, 0);
    loop {
        let number = {
            let mut round = queue.lock();
            round.number += 1;
            round.number
        };
        let carries = last.take().filter(|_| carried < MAX_CARRIED);
        carried = if carries.is_some() { carried + 1 } else { 0 };
        let (state, loaded) = match next_state(queue, carries).await {
            Ok(state) => state,
            Err(error) => {
                queue.enter_phase(RoundPhase::NotLoaded(error));
                return;
            }
        };
        queue.enter_phase(RoundPhase::Open(Batch::new(queue.stream.clone(), state, loaded.then_some(number))));
        queue.all_decided().await;
        if let RoundPhase::Open(mut batch) = queue.enter_phase(RoundPhase::Closed)
            && (batch.commands > 0 || batch.has_tickets())
        {
            let outcome = queue.append(&mut batch).await;
            let met_conflict = matches!(outcome, Err(StoreError::Conflict { .. }));
            let committed = publish(batch, outcome);
            last = committed.applied().is_some().then_some(committed);
            conflicts = if met_conflict { conflicts + 1 } else { 0 };
            if met_conflict {
                // Commands that decide again enter in the meantime.
                sleep(pause(conflicts)).await;
            }
        }
        if driver.queues.remove_idle(queue) {
            return;
        }
    }
}

fn publish<F: Fold + Clone>(batch: Batch<F>, outcome: Result<Appended, StoreError>) -> Arc<Committed<F>> {
    let (committed, result) = batch.committed(outcome);
    let committed = Arc::new(committed);
    result.send_replace(Some(Arc::clone(&committed)));
    committed
}

/// The state for the next round: that after the last batch, or else loaded; with whether it was loaded. As a task of its own:
/// it runs code of the domain, and a panic there must not end the driver. Each command then loads by itself, and meets it.
async fn next_state<F: Fold + Clone + 'static>(
    queue: &Arc<StreamQueue<F>>,
    last: Option<Arc<Committed<F>>>,
) -> Result<(StreamState<F>, bool), Option<StoreError>> {
    let queue = Arc::clone(queue);
    let state = tokio::spawn(async move {
        if let Some(Ok(state)) = last.map(|last| last.state_after_all()) {
            return Ok((state, false));
        }
        let loaded = StreamState::load(&queue.store, &queue.stream, queue.empty.clone()).await;
        Ok((loaded?, true))
    });
    match state.await {
        Ok(Ok(state)) => Ok(state),
        Ok(Err(RuntimeError::Store(error))) => Err(Some(error)),
        Ok(Err(_)) | Err(_) => Err(None),
    }
}

/// Returns a random pause that grows with each conflict, so that processes do not retry in lockstep.
fn pause(conflicts: u32) -> Duration {
    let longest = (Duration::from_millis(4) * (1 << conflicts.min(6))).min(LONGEST_PAUSE);
    let random = Uuid::new_v4().as_u64_pair().1;
    Duration::from_micros(random % u64::try_from(longest.as_micros()).unwrap_or(u64::MAX))
}
