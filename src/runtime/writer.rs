//! Load, decide, append and retry after a conflict.
//!
//! A closure decides, so the command bus, typed repositories and document stores share this code.

use std::iter;
use std::ops::ControlFlow;
use std::sync::Arc;

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
use crate::runtime::clock::Clock;
use crate::runtime::error::RuntimeError;
use crate::runtime::idempotency::key_event_id;
use crate::runtime::load::LoadOptions;
use crate::runtime::load::Loaded;
use crate::runtime::load::load;
use crate::runtime::new_events::OutcomeEvent;
use crate::runtime::new_events::WriteRequest;
use crate::runtime::new_events::new_events;
use crate::runtime::new_events::outcome_events;
use crate::runtime::observer::CommandObserver;
use crate::runtime::observer::ConflictReason;
use crate::runtime::outcome::CommandResult;
use crate::runtime::retries::Retries;
use crate::runtime::snapshots::SnapshotPolicy;
use crate::runtime::snapshots::take_snapshot;
use crate::runtime::stream_queue::Batch;
use crate::runtime::stream_queue::BatchAnswer;
use crate::runtime::stream_queue::StreamQueues;
use crate::runtime::stream_queue::Ticket;
use crate::runtime::stream_queue::TurnOutcome;
use crate::runtime::stream_state::StreamState;
use crate::store::Outcome;
use crate::store::ReadQuery;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// The outcome of a write.
pub(super) struct WriteOutcome<F> {
    pub(super) outcome: CommandResult,
    /// The state after the write.
    pub(super) fold: F,
    /// The state before the write, where the options ask for it.
    pub(super) fold_before: Option<F>,
    /// The version after the write, events of a dry run included.
    pub(super) version: Version,
    /// The position of the last event; `None` if nothing was recorded.
    pub(super) position: Option<Position>,
    pub(super) events: Vec<OutcomeEvent>,
    /// The ids of quarantined events that the state leaves out.
    pub(super) left_out: Vec<Uuid>,
    /// The time for which the state is shown.
    pub(super) at: Timestamp,
    /// Time by which the clock was behind that of the store, in microseconds; 0 if it was not.
    pub(super) clock_behind_micros: u64,
}

/// Writes decisions to the streams of a store. Cheap to clone.
pub(super) struct Writer<F> {
    pub(super) store: Store,
    pub(super) clock: Clock,
    /// Set if the clock also determines the times of recorded events, as in a scenario.
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

/// The decision of a command on the state of its stream.
enum Decided<F> {
    /// Events, which are appended together with those of other commands.
    Events(Vec<OutcomeEvent>, Ticket<F>),
    /// An error. Without a ticket it needs no confirmation.
    Refused(RuntimeError, Option<Ticket<F>>),
    /// Nothing changes, as of a time. Needs no confirmation.
    Unchanged(StreamState<F>, Timestamp),
    /// Nothing changes, as of a time, once the events before it are in the store.
    UnchangedAfter(Ticket<F>, Timestamp),
    /// Another command of the batch has the same idempotency key.
    SameKey(Ticket<F>),
}

/// The outcome of one attempt.
enum Attempt<F> {
    Done(WriteOutcome<F>),
    /// An error. Its cause may be this command itself: repeated, and done since its key was looked up.
    Refused(RuntimeError),
    /// Another program has changed the stream. The flag is set if this command reports it.
    Conflict(StoreError, bool),
    /// Another command of this process interfered. The flag is set if this one has to be tried alone.
    Again(bool),
}

impl<F: Fold + Clone + 'static> Writer<F> {
    /// Creates a writer that decides by a clock. The store records by its own clock.
    pub(super) fn new(store: Store, clock: Clock, snapshots: SnapshotPolicy) -> Self {
        Self { store, clock, clock_records: false, snapshots, observer: None, queues: StreamQueues::default() }
    }

    /// Loads, decides, appends; after a conflict loads and decides again. `start` makes an empty fold of the stream.
    /// Commands on one stream are decided in the order in which they come, and appended together.
    ///
    /// # Errors
    /// The error of `decide`, [`RuntimeError::RetriesExhausted`], or [`RuntimeError::KeyReused`].
    pub(super) async fn write(
        &self,
        request: &WriteRequest<'_>,
        start: impl Fn() -> F,
        mut decide: impl FnMut(&F, Timestamp) -> Result<Vec<DecidedEvent>, RuntimeError>,
    ) -> Result<WriteOutcome<F>, RuntimeError> {
        let mut retries = Retries::new(request.stream, request.options);
        let mut alone = false;
        loop {
            if let Some(first) = self.done_before(request, &start).await? {
                return Ok(first);
            }
            if request.options.dry_run {
                return self.rehearse(request, &start, &mut decide).await;
            }
            match self.try_once(request, alone, &start, &mut decide).await? {
                Attempt::Done(written) if written.outcome == CommandResult::Unchanged => {
                    return Ok(self.done_before(request, &start).await?.unwrap_or(written));
                }
                Attempt::Done(written) => return Ok(written),
                Attempt::Refused(error) => {
                    if let Some(first) = self.done_before(request, &start).await? {
                        return Ok(first);
                    }
                    if let (Some(observer), RuntimeError::Store(StoreError::Conflict { .. })) = (&self.observer, &error) {
                        observer.conflict(ConflictReason::Version);
                    }
                    return Err(error);
                }
                // If a version was expected, the next attempt reports the actual one.
                Attempt::Conflict(StoreError::Conflict { .. }, _) if request.options.expected.is_some() => {}
                Attempt::Conflict(conflict, first) => {
                    // The conflict may come from this command itself, sent twice at the same time.
                    if let Some(first) = self.done_before(request, &start).await? {
                        return Ok(first);
                    }
                    if let Some(observer) = self.observer.as_ref().filter(|_| first) {
                        observer.conflict(ConflictReason::of(&conflict, request.options.expected.is_some()));
                    }
                    if request.options.expected.is_some() {
                        return Err(conflict.into());
                    }
                    retries.count(conflict)?;
                }
                Attempt::Again(by_itself) => alone |= by_itself,
            }
        }
    }

    /// Decides in the queue of the stream, and waits until the decision is in the store.
    async fn try_once(
        &self,
        request: &WriteRequest<'_>,
        alone: bool,
        start: &impl Fn() -> F,
        decide: &mut impl FnMut(&F, Timestamp) -> Result<Vec<DecidedEvent>, RuntimeError>,
    ) -> Result<Attempt<F>, RuntimeError> {
        let entry = self.queues.enter(&self.store, request.stream, self.clock_records, start)?;
        let turn = entry.turn(|batch, fresh| decide_in(batch, fresh, alone, request, &self.clock, decide)).await;
        let decided = match turn {
            TurnOutcome::Decided(decided) => decided?,
            TurnOutcome::Ended => return Ok(Attempt::Again(false)),
            TurnOutcome::NotLoaded(Some(error)) => return Err(error.into()),
            TurnOutcome::NotLoaded(None) => {
                StreamState::load(&self.store, request.stream, start()).await?;
                return Ok(Attempt::Again(false));
            }
        };
        match decided {
            Decided::Events(events, ticket) => match ticket.answer(request.options.with_before).await? {
                // The same command, sent twice, was recorded in between.
                BatchAnswer::Recorded { outcome: Outcome::AlreadyApplied, .. } if request.options.idempotency_key.is_some() => {
                    Ok(Attempt::Again(false))
                }
                BatchAnswer::Recorded { state, before, fold_before, clock_behind_micros, .. } => {
                    let written = self.written(request.stream, state, before, events, clock_behind_micros).await;
                    Ok(Attempt::Done(WriteOutcome { fold_before, ..written }))
                }
                answer => attempt(answer),
            },
            Decided::Refused(error, None) => Ok(Attempt::Refused(error)),
            Decided::Refused(error, Some(ticket)) => match ticket.answer(false).await? {
                BatchAnswer::Recorded { .. } => Ok(Attempt::Refused(error)),
                answer => attempt(answer),
            },
            Decided::Unchanged(state, now) => Ok(Attempt::Done(unrecorded(CommandResult::Unchanged, state, Vec::new(), now))),
            Decided::UnchangedAfter(ticket, now) => match ticket.answer(false).await? {
                BatchAnswer::Recorded { state, .. } => {
                    Ok(Attempt::Done(unrecorded(CommandResult::Unchanged, state, Vec::new(), now)))
                }
                answer => attempt(answer),
            },
            Decided::SameKey(ticket) => {
                ticket.answer(false).await?;
                Ok(Attempt::Again(false))
            }
        }
    }

    /// Takes a snapshot if one is due, and returns the outcome of a command whose events were appended.
    async fn written(
        &self,
        stream: &StreamName,
        state: StreamState<F>,
        before: Version,
        events: Vec<OutcomeEvent>,
        clock_behind_micros: u64,
    ) -> WriteOutcome<F> {
        let StreamState { fold, loaded } = state;
        self.keep_snapshot(stream, &fold, before, &loaded, (self.clock)()).await;
        WriteOutcome {
            outcome: CommandResult::Applied,
            fold,
            fold_before: None,
            version: loaded.version,
            position: Some(loaded.position),
            events,
            left_out: loaded.left_out,
            at: (self.clock)().present(loaded.recorded_at),
            clock_behind_micros,
        }
    }

    /// Decides without appending.
    async fn rehearse(
        &self,
        request: &WriteRequest<'_>,
        start: &impl Fn() -> F,
        decide: &mut impl FnMut(&F, Timestamp) -> Result<Vec<DecidedEvent>, RuntimeError>,
    ) -> Result<WriteOutcome<F>, RuntimeError> {
        let mut state = StreamState::load(&self.store, request.stream, start()).await?;
        let now = (self.clock)().present(state.loaded.recorded_at);
        let events = decide_on(&state, now, request, decide)?;
        let outcome_events = outcome_events(&events, state.loaded.version);
        let fold_before = request.options.with_before.then(|| state.fold.clone());
        state.rehearse(request.stream, &events, iter::repeat(now))?;
        let outcome = if events.is_empty() { CommandResult::Unchanged } else { CommandResult::DryRun };
        Ok(WriteOutcome { fold_before, ..unrecorded(outcome, state, outcome_events, now) })
    }

    /// Takes a snapshot if one is due.
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
            // The command is recorded. A snapshot only saves time later, so its failure is not an error of the command.
            if let Some(taking) = taking
                && let Err(error) = taking.await
            {
                tracing::warn!(%stream, %error, "failed to take a snapshot");
            }
        }
    }

    /// Returns the recorded outcome if the idempotency key was used before.
    async fn done_before(
        &self,
        request: &WriteRequest<'_>,
        start: &impl Fn() -> F,
    ) -> Result<Option<WriteOutcome<F>>, RuntimeError> {
        let stream = request.stream;
        let Some(key) = request.options.idempotency_key.as_deref() else { return Ok(None) };
        let known = no_store_is_empty(self.store.events_by_id(vec![key_event_id(stream, key, 0)]).await)?;
        let Some(first) = known.first() else { return Ok(None) };
        let metadata: Map<String, Value> = serde_json::from_str(&first.metadata).unwrap_or_default();
        if metadata.get("command_hash").and_then(Value::as_str) != Some(&request.content) {
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
        Ok(Some(WriteOutcome {
            outcome: CommandResult::AlreadyApplied,
            fold,
            fold_before: None,
            version: loaded.version,
            position: Some(loaded.position),
            events,
            left_out: loaded.left_out,
            at: loaded.recorded_at,
            clock_behind_micros: 0,
        }))
    }
}

/// Converts an answer that does not confirm the command's events or decision.
fn attempt<F>(answer: BatchAnswer<F>) -> Result<Attempt<F>, RuntimeError> {
    match answer {
        BatchAnswer::Recorded { .. } => Ok(Attempt::Again(false)),
        BatchAnswer::Again { alone } => Ok(Attempt::Again(alone)),
        BatchAnswer::Conflict { conflict, first } => Ok(Attempt::Conflict(conflict, first)),
        BatchAnswer::Failed(error) => Err(error.into()),
    }
}

/// Decides on the state of a batch, and adds the events to it.
fn decide_in<F: Fold + Clone>(
    batch: &mut Batch<F>,
    fresh: bool,
    alone: bool,
    request: &WriteRequest<'_>,
    clock: &Clock,
    decide: &mut impl FnMut(&F, Timestamp) -> Result<Vec<DecidedEvent>, RuntimeError>,
) -> ControlFlow<Result<Decided<F>, RuntimeError>> {
    let state = match batch.state() {
        Ok(state) => state,
        Err(error) => return ControlFlow::Break(Err(error)),
    };
    // A clock that is slightly behind must not decide earlier than the last event. A lock could have expired when it is recorded.
    let now = clock().present(state.loaded.recorded_at);
    let before = state.loaded.version;
    ControlFlow::Break(Ok(match decide_on(state, now, request, decide) {
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

/// Decides on a state, which must be at the expected version.
fn decide_on<F: Fold>(
    state: &StreamState<F>,
    now: Timestamp,
    request: &WriteRequest<'_>,
    decide: &mut impl FnMut(&F, Timestamp) -> Result<Vec<DecidedEvent>, RuntimeError>,
) -> Result<Vec<NewEvent>, RuntimeError> {
    let before = state.loaded.version;
    if let Some(expected) = request.options.expected.filter(|expected| *expected != before) {
        let (stream, expected) = (request.stream.clone(), ExpectedVersion::Exact(expected));
        return Err(StoreError::Conflict { stream, expected, actual: before }.into());
    }
    new_events(&decide(&state.fold, now)?, request)
}

/// Returns the outcome of a command that recorded nothing.
fn unrecorded<F>(outcome: CommandResult, state: StreamState<F>, events: Vec<OutcomeEvent>, at: Timestamp) -> WriteOutcome<F> {
    let StreamState { fold, loaded } = state;
    let Loaded { version, left_out, .. } = loaded;
    WriteOutcome { outcome, fold, fold_before: None, version, position: None, events, left_out, at, clock_behind_micros: 0 }
}
