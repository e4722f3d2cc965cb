//! Load, decide, append, and after a conflict again: the one way in which a decision becomes events.
//!
//! Who decides is a closure, so that the command bus, a typed repository and a document's closure go one way.

use std::iter;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::DecidedEvent;
use crate::aggregate::Fold;
use crate::event::ExpectedVersion;
use crate::event::JsonObject;
use crate::event::NewEvent;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::runtime::Clock;
use crate::runtime::error::RuntimeError;
use crate::runtime::idempotency::key_event_id;
use crate::runtime::load::LoadOptions;
use crate::runtime::load::Loaded;
use crate::runtime::load::load;
use crate::runtime::new_events::OutcomeEvent;
use crate::runtime::new_events::Wish;
use crate::runtime::new_events::new_events;
use crate::runtime::new_events::outcome_events;
use crate::runtime::observer::CommandObserver;
use crate::runtime::observer::ConflictReason;
use crate::runtime::retries::Retries;
use crate::runtime::snapshots::SnapshotPolicy;
use crate::runtime::snapshots::take_snapshot;
use crate::runtime::stream_queue::Answer;
use crate::runtime::stream_queue::Batch;
use crate::runtime::stream_queue::StreamQueues;
use crate::runtime::stream_queue::Ticket;
use crate::runtime::stream_queue::Turn;
use crate::runtime::stream_state::StreamState;
use crate::store::Outcome;
use crate::store::ReadQuery;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// Whether a command changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandResult {
    /// Its events have been recorded now.
    Applied,
    /// Its events had been recorded before, under the same idempotency key.
    AlreadyApplied,
    /// Its events would be recorded.
    DryRun,
    /// It decided that nothing changes.
    Unchanged,
}

/// What became of it.
pub(super) struct Written<F> {
    pub(super) outcome: CommandResult,
    /// The state after it.
    pub(super) fold: F,
    /// Where the stream is after it, events of a dry run counted.
    pub(super) version: Version,
    /// Where its last event is in the store; none when nothing is recorded.
    pub(super) position: Option<Position>,
    pub(super) events: Vec<OutcomeEvent>,
    /// The ids of quarantined events that the state leaves out.
    pub(super) left_out: Vec<Uuid>,
    /// The moment its state is to be shown for.
    pub(super) at: Timestamp,
    /// By how many microseconds the clock was behind the store's; 0 when it was not.
    pub(super) clock_behind_micros: u64,
}

/// Makes decisions on the streams of a store. Cheap to clone.
pub(super) struct Writer<F> {
    pub(super) store: Store,
    pub(super) clock: Clock,
    /// Whether the clock is also what events are recorded by, as in a scenario.
    pub(super) clock_records: bool,
    pub(super) snapshots: SnapshotPolicy,
    pub(super) observer: Option<Arc<dyn CommandObserver>>,
    pub(super) queues: StreamQueues<F>,
}

impl<F> Clone for Writer<F> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            clock: Arc::clone(&self.clock),
            clock_records: self.clock_records,
            snapshots: self.snapshots.clone(),
            observer: self.observer.clone(),
            queues: self.queues.clone(),
        }
    }
}

/// What a command decided on the state of its stream.
enum Decided<F> {
    /// Events, which are appended with those of other commands.
    Events(Vec<OutcomeEvent>, Ticket<F>),
    /// An error. Without a ticket it needs no confirmation.
    Refused(RuntimeError, Option<Ticket<F>>),
    /// That nothing changes, as of a moment; needs no confirmation.
    Unchanged(StreamState<F>, Timestamp),
    /// That nothing changes, as of a moment, once the events before it are in the store.
    UnchangedAfter(Ticket<F>, Timestamp),
    /// Another command of the batch has the same idempotency key.
    SameKey(Ticket<F>),
}

/// The outcome of one attempt.
enum Attempt<F> {
    Done(Written<F>),
    /// An error that may be due to this very command, sent twice and done since its key was looked up.
    Refused(RuntimeError),
    /// Another program changed the stream; whether this command reports it.
    Conflict(StoreError, bool),
    /// Another command of this process was in the way; whether this one is to be tried by itself.
    Again(bool),
}

impl<F: Fold + Clone + 'static> Writer<F> {
    /// One that decides by a clock and lets the store record by its own.
    pub(super) fn new(store: Store, clock: Clock, snapshots: SnapshotPolicy) -> Self {
        Self { store, clock, clock_records: false, snapshots, observer: None, queues: StreamQueues::default() }
    }

    /// Loads, decides, appends; after a conflict loads and decides again. `start` makes an empty fold of the stream.
    /// Commands on one stream are decided in the order in which they come, and appended together.
    ///
    /// # Errors
    /// What `decide` says, [`RuntimeError::RetriesExhausted`], [`RuntimeError::KeyReused`], or as the store says.
    pub(super) async fn write(
        &self,
        wish: &Wish<'_>,
        start: impl Fn() -> F,
        mut decide: impl FnMut(&F, Timestamp) -> Result<Vec<DecidedEvent>, RuntimeError>,
    ) -> Result<Written<F>, RuntimeError> {
        let mut retries = Retries::new(wish.stream, wish.options);
        let mut alone = false;
        loop {
            if let Some(first) = self.done_before(wish, &start).await? {
                return Ok(first);
            }
            if wish.options.dry_run {
                return self.rehearse(wish, &start, &mut decide).await;
            }
            match self.try_once(wish, alone, &start, &mut decide).await? {
                Attempt::Done(written) if written.outcome == CommandResult::Unchanged => {
                    return Ok(self.done_before(wish, &start).await?.unwrap_or(written));
                }
                Attempt::Done(written) => return Ok(written),
                Attempt::Refused(error) => {
                    if let Some(first) = self.done_before(wish, &start).await? {
                        return Ok(first);
                    }
                    if let (Some(observer), RuntimeError::Store(StoreError::Conflict { .. })) = (&self.observer, &error) {
                        observer.conflict(ConflictReason::Version);
                    }
                    return Err(error);
                }
                // Where a version was expected, the next attempt says which one there is.
                Attempt::Conflict(StoreError::Conflict { .. }, _) if wish.options.expected.is_some() => {}
                Attempt::Conflict(conflict, first) => {
                    // What was in the way may be this very command, sent twice at the same time.
                    if let Some(first) = self.done_before(wish, &start).await? {
                        return Ok(first);
                    }
                    if let Some(observer) = self.observer.as_ref().filter(|_| first) {
                        observer.conflict(ConflictReason::of(&conflict, wish.options.expected.is_some()));
                    }
                    if wish.options.expected.is_some() {
                        return Err(conflict.into());
                    }
                    retries.count(conflict)?;
                }
                Attempt::Again(by_itself) => alone |= by_itself,
            }
        }
    }

    /// Decides in the queue of the stream, and waits until that is in the store.
    async fn try_once(
        &self,
        wish: &Wish<'_>,
        alone: bool,
        start: &impl Fn() -> F,
        decide: &mut impl FnMut(&F, Timestamp) -> Result<Vec<DecidedEvent>, RuntimeError>,
    ) -> Result<Attempt<F>, RuntimeError> {
        let place = self.queues.enter(&self.store, wish.stream, self.clock_records, start)?;
        let turn = place.turn(|batch, fresh| decide_in(batch, fresh, alone, wish, &self.clock, decide)).await;
        let decided = match turn {
            Turn::Decided(decided) => decided?,
            Turn::Ended => return Ok(Attempt::Again(false)),
            Turn::NotLoaded(Some(error)) => return Err(error.into()),
            Turn::NotLoaded(None) => {
                StreamState::load(&self.store, wish.stream, start()).await?;
                return Ok(Attempt::Again(false));
            }
        };
        match decided {
            Decided::Events(events, ticket) => match ticket.answer().await? {
                // The same command, sent twice, has come in between.
                Answer::Stands { outcome: Outcome::AlreadyApplied, .. } if wish.options.idempotency_key.is_some() => {
                    Ok(Attempt::Again(false))
                }
                Answer::Stands { state, before, clock_behind_micros, .. } => {
                    Ok(Attempt::Done(self.written(wish.stream, state, before, events, clock_behind_micros).await))
                }
                answer => attempt(answer),
            },
            Decided::Refused(error, None) => Ok(Attempt::Refused(error)),
            Decided::Refused(error, Some(ticket)) => match ticket.answer().await? {
                Answer::Stands { .. } => Ok(Attempt::Refused(error)),
                answer => attempt(answer),
            },
            Decided::Unchanged(state, now) => Ok(Attempt::Done(unrecorded(CommandResult::Unchanged, state, Vec::new(), now))),
            Decided::UnchangedAfter(ticket, now) => match ticket.answer().await? {
                Answer::Stands { state, .. } => Ok(Attempt::Done(unrecorded(CommandResult::Unchanged, state, Vec::new(), now))),
                answer => attempt(answer),
            },
            Decided::SameKey(ticket) => {
                ticket.answer().await?;
                Ok(Attempt::Again(false))
            }
        }
    }

    /// Takes a snapshot where one is due, and gives the outcome of a command whose events were appended.
    async fn written(
        &self,
        stream: &StreamName,
        state: StreamState<F>,
        before: Version,
        events: Vec<OutcomeEvent>,
        clock_behind_micros: u64,
    ) -> Written<F> {
        let StreamState { fold, loaded } = state;
        self.keep_snapshot(stream, &fold, before, &loaded, (self.clock)()).await;
        Written {
            outcome: CommandResult::Applied,
            fold,
            version: loaded.version,
            position: Some(loaded.position),
            events,
            left_out: loaded.left_out,
            at: (self.clock)().present(loaded.recorded_at),
            clock_behind_micros,
        }
    }

    /// Decides without appending anything.
    async fn rehearse(
        &self,
        wish: &Wish<'_>,
        start: &impl Fn() -> F,
        decide: &mut impl FnMut(&F, Timestamp) -> Result<Vec<DecidedEvent>, RuntimeError>,
    ) -> Result<Written<F>, RuntimeError> {
        let mut state = StreamState::load(&self.store, wish.stream, start()).await?;
        let now = (self.clock)().present(state.loaded.recorded_at);
        let events = decide_on(&state, now, wish, decide)?;
        let outcome_events = outcome_events(&events, state.loaded.version);
        state.rehearse(wish.stream, &events, iter::repeat(now))?;
        let outcome = if events.is_empty() { CommandResult::Unchanged } else { CommandResult::DryRun };
        Ok(unrecorded(outcome, state, outcome_events, now))
    }

    /// Takes a snapshot where one is due.
    fn keep_snapshot<'s>(
        &'s self,
        stream: &'s StreamName,
        fold: &F,
        before: Version,
        loaded: &Loaded,
        now: Timestamp,
    ) -> impl Future<Output = ()> + use<'s, F> {
        let due = self.snapshots.is_due(stream.category(), before, loaded.version);
        let taking = due.then(|| take_snapshot(&self.store, stream, fold, loaded, now));
        async move {
            // The command is done. A snapshot only saves time later, so its failure must not turn that into an error.
            if let Some(taking) = taking
                && let Err(error) = taking.await
            {
                tracing::warn!(%stream, %error, "no snapshot could be taken");
            }
        }
    }

    /// Whether the idempotency key has been used: then the answer is what it was.
    async fn done_before(&self, wish: &Wish<'_>, start: &impl Fn() -> F) -> Result<Option<Written<F>>, RuntimeError> {
        let stream = wish.stream;
        let Some(key) = wish.options.idempotency_key.as_deref() else { return Ok(None) };
        let known = no_store_is_empty(self.store.events_by_id(vec![key_event_id(stream, key, 0)]).await)?;
        let Some(first) = known.first() else { return Ok(None) };
        let metadata: Map<String, Value> = serde_json::from_str(&first.metadata).unwrap_or_default();
        if metadata.get("command_hash").and_then(Value::as_str) != Some(&wish.content) {
            let (key, stream) = (key.to_owned(), stream.to_string());
            return Err(RuntimeError::KeyReused { key, stream, version: first.version });
        }
        let mut events = Vec::new();
        let mut scan = self.store.scan(ReadQuery::stream(stream.clone()).from(first.version.0));
        'events: while let Some(chunk) = scan.next().await? {
            for event in chunk.iter() {
                if event.event_id != key_event_id(stream, key, events.len()) {
                    break 'events;
                }
                events.push(OutcomeEvent {
                    event_id: event.event_id,
                    event_type: event.event_type.to_owned(),
                    version: event.version,
                    data: JsonObject::parse(event.data)?,
                });
            }
        }
        let mut fold = start();
        let up_to = Version(first.version.0 + events.len() as u64 - 1);
        let loaded = load(&self.store, stream, &mut fold, LoadOptions { up_to, snapshots: true }).await?;
        Ok(Some(Written {
            outcome: CommandResult::AlreadyApplied,
            fold,
            version: loaded.version,
            position: Some(loaded.position),
            events,
            left_out: loaded.left_out,
            at: loaded.recorded_at,
            clock_behind_micros: 0,
        }))
    }
}

/// What an answer means that does not let the command's events, or its decision, stand.
fn attempt<F>(answer: Answer<F>) -> Result<Attempt<F>, RuntimeError> {
    match answer {
        Answer::Stands { .. } => Ok(Attempt::Again(false)),
        Answer::Again { alone } => Ok(Attempt::Again(alone)),
        Answer::Conflict { conflict, first } => Ok(Attempt::Conflict(conflict, first)),
        Answer::Failed(error) => Err(error.into()),
    }
}

/// Decides on the state of a batch, and adds the events to it.
fn decide_in<F: Fold + Clone>(
    batch: &mut Batch<F>,
    fresh: bool,
    alone: bool,
    wish: &Wish<'_>,
    clock: &Clock,
    decide: &mut impl FnMut(&F, Timestamp) -> Result<Vec<DecidedEvent>, RuntimeError>,
) -> ControlFlow<Result<Decided<F>, RuntimeError>> {
    let state = match batch.state() {
        Ok(state) => state,
        Err(error) => return ControlFlow::Break(Err(error)),
    };
    // A clock that is a little behind does not decide before what has happened: a lock would have run out when it is recorded.
    let now = clock().present(state.loaded.recorded_at);
    let before = state.loaded.version;
    ControlFlow::Break(Ok(match decide_on(state, now, wish, decide) {
        Err(error) => Decided::Refused(error, (!fresh).then(|| batch.depend())),
        Ok(events) if events.is_empty() && fresh => Decided::Unchanged(state.clone(), now),
        Ok(events) if events.is_empty() => Decided::UnchangedAfter(batch.depend(), now),
        Ok(events) if batch.contains(events[0].event_id) => Decided::SameKey(batch.depend()),
        Ok(events) => {
            let outcome_events = outcome_events(&events, before);
            match batch.add(events, now, alone) {
                Ok(Some(ticket)) => Decided::Events(outcome_events, ticket),
                Ok(None) => return ControlFlow::Continue(()),
                Err(error) => return ControlFlow::Break(Err(error)),
            }
        }
    }))
}

/// Decides on a state, which must be at the version that the command expects.
fn decide_on<F: Fold>(
    state: &StreamState<F>,
    now: Timestamp,
    wish: &Wish<'_>,
    decide: &mut impl FnMut(&F, Timestamp) -> Result<Vec<DecidedEvent>, RuntimeError>,
) -> Result<Vec<NewEvent>, RuntimeError> {
    let before = state.loaded.version;
    if let Some(expected) = wish.options.expected.filter(|expected| *expected != before) {
        let (stream, expected) = (wish.stream.clone(), ExpectedVersion::Exact(expected));
        return Err(StoreError::Conflict { stream, expected, actual: before }.into());
    }
    new_events(&decide(&state.fold, now)?, wish)
}

/// The outcome of a command that recorded nothing.
fn unrecorded<F>(outcome: CommandResult, state: StreamState<F>, events: Vec<OutcomeEvent>, at: Timestamp) -> Written<F> {
    let StreamState { fold, loaded } = state;
    let Loaded { version, left_out, .. } = loaded;
    Written { outcome, fold, version, position: None, events, left_out, at, clock_behind_micros: 0 }
}
