//! Load, decide, append, and after a conflict again: the one way in which a decision becomes events.
//!
//! Who decides is a closure, so that the command bus, a typed repository and a document's closure go one way.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use sha2::Digest;
use sha2::Sha256;
use uuid::Uuid;

use crate::aggregate::DecideError;
use crate::aggregate::DecidedEvent;
use crate::aggregate::Fold;
use crate::event::EventType;
use crate::event::EventView;
use crate::event::ExpectedVersion;
use crate::event::Hash;
use crate::event::JsonObject;
use crate::event::NewEvent;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::runtime::Clock;
use crate::runtime::error::RuntimeError;
use crate::runtime::load::LoadOptions;
use crate::runtime::load::Loaded;
use crate::runtime::load::apply;
use crate::runtime::load::load;
use crate::runtime::observer::CommandObserver;
use crate::runtime::observer::ConflictReason;
use crate::runtime::snapshots::SnapshotPolicy;
use crate::runtime::snapshots::take_snapshot;
use crate::runtime::write_options::WriteOptions;
use crate::store::AppendRequest;
use crate::store::Outcome;
use crate::store::ReadQuery;
use crate::store::RecordTime;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// What event ids of an idempotency key are derived in: a UUIDv5 namespace of esctl's own.
const KEY_NAMESPACE: Uuid = Uuid::from_u128(0x6573_6374_6c00_5000_8000_6964_656d_706f);

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

/// An event that a command led to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutcomeEvent {
    /// Its id.
    pub event_id: Uuid,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Its place in the stream.
    pub version: Version,
    /// The fact.
    pub data: JsonObject,
}

/// What is to be decided.
pub(super) struct Wish<'a> {
    pub(super) stream: &'a StreamName,
    /// Its name, where it has one; recorded with the events.
    pub(super) command: Option<&'a str>,
    /// See [`content_of`]; counts only under an idempotency key.
    pub(super) content: String,
    pub(super) options: &'a WriteOptions,
}

/// What tells two wishes under one idempotency key apart.
pub(super) fn content_of(command: &str, payload: &str) -> String {
    let digest = Sha256::digest(format!("{command}\0{payload}").as_bytes());
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
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
    /// The moment its state is to be shown for.
    pub(super) at: Timestamp,
    /// By how many microseconds the clock was behind the store's; 0 when it was not.
    pub(super) clock_behind_micros: u64,
}

/// Makes decisions on the streams of a store. Cheap to clone.
#[derive(Clone)]
pub(super) struct Writer {
    pub(super) store: Store,
    pub(super) clock: Clock,
    /// Whether the clock is also what events are recorded by, as in a scenario.
    pub(super) clock_records: bool,
    pub(super) snapshots: SnapshotPolicy,
    pub(super) observer: Option<Arc<dyn CommandObserver>>,
}

impl Writer {
    /// One that decides by a clock and lets the store record by its own.
    pub(super) fn new(store: Store, clock: Clock, snapshots: SnapshotPolicy) -> Self {
        Self { store, clock, clock_records: false, snapshots, observer: None }
    }

    /// Loads, decides, appends; after a conflict loads and decides again. `start` makes an empty fold of the stream.
    ///
    /// # Errors
    /// What `decide` says, [`RuntimeError::RetriesExhausted`], [`RuntimeError::KeyReused`], or as the store says.
    pub(super) async fn write<F: Fold>(
        &self,
        wish: &Wish<'_>,
        start: impl Fn() -> F,
        mut decide: impl FnMut(&F, Timestamp) -> Result<Vec<DecidedEvent>, RuntimeError>,
    ) -> Result<Written<F>, RuntimeError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let conflict = match self.try_once(wish, &start, &mut decide).await {
                Err(RuntimeError::Store(conflict @ (StoreError::Conflict { .. } | StoreError::IdConflict { .. }))) => conflict,
                // A rule may say no because of this very wish, sent twice and done since the key was looked up.
                Err(no @ RuntimeError::Decide(DecideError::Rejected(_))) => {
                    return self.done_before(wish, &start).await?.ok_or(no);
                }
                Ok(unchanged) if unchanged.outcome == CommandResult::Unchanged => {
                    return Ok(self.done_before(wish, &start).await?.unwrap_or(unchanged));
                }
                result => return result,
            };
            // What was in the way may be this very wish, sent twice at the same time: no retry is needed to answer it.
            if let Some(first) = self.done_before(wish, &start).await? {
                return Ok(first);
            }
            if let Some(observer) = &self.observer {
                observer.conflict(ConflictReason::of(&conflict, wish.options.expected.is_some()));
            }
            if wish.options.expected.is_some() {
                return Err(conflict.into());
            }
            let stream = wish.stream;
            if attempts > wish.options.retries {
                return Err(RuntimeError::RetriesExhausted { stream: stream.to_string(), attempts, source: conflict });
            }
            tracing::info!(%stream, attempts, %conflict, "deciding again");
            tokio::time::sleep(pause(attempts)).await;
        }
    }

    async fn try_once<F: Fold>(
        &self,
        wish: &Wish<'_>,
        start: &impl Fn() -> F,
        decide: &mut impl FnMut(&F, Timestamp) -> Result<Vec<DecidedEvent>, RuntimeError>,
    ) -> Result<Written<F>, RuntimeError> {
        if let Some(first) = self.done_before(wish, start).await? {
            return Ok(first);
        }
        let (stream, options) = (wish.stream, wish.options);
        let mut fold = start();
        let mut loaded = none_when_no_store(load(&self.store, stream, &mut fold, LoadOptions::default()).await)?;
        let before = loaded.version;
        if let Some(expected) = options.expected.filter(|expected| *expected != before) {
            let (stream, expected) = (stream.clone(), ExpectedVersion::Exact(expected));
            return Err(StoreError::Conflict { stream, expected, actual: before }.into());
        }
        // A clock that is behind does not decide before what has happened: a lock would have run out when it is recorded.
        let now = (self.clock)().max(loaded.recorded_at);
        let events = new_events(&decide(&fold, now)?, wish)?;
        let outcome_events = outcome_events(&events, before);
        if options.dry_run || events.is_empty() {
            let recorded = events.iter().map(|_| (Position::ZERO, now, Hash::ZERO));
            take_in(&mut fold, stream, &events, &mut loaded, recorded)?;
            let outcome = if events.is_empty() { CommandResult::Unchanged } else { CommandResult::DryRun };
            let (version, events) = (loaded.version, outcome_events);
            return Ok(Written { outcome, fold, version, position: None, events, at: now, clock_behind_micros: 0 });
        }
        let time = if self.clock_records { RecordTime::Clock(now) } else { RecordTime::StoreClock };
        let expected = ExpectedVersion::Exact(before);
        let request = AppendRequest { stream: stream.clone(), expected, events: events.clone(), time };
        let appended = self.store.append(request).await?;
        if appended.outcome == Outcome::AlreadyApplied
            && let Some(first) = self.done_before(wish, start).await?
        {
            // Somebody else with the same key came in between.
            return Ok(first);
        }
        let recorded = appended.events.iter().map(|event| (event.position, event.recorded_at, event.hash));
        take_in(&mut fold, stream, &events, &mut loaded, recorded)?;
        self.keep_snapshot(stream, &fold, before, &loaded, now).await;
        Ok(Written {
            outcome: CommandResult::Applied,
            fold,
            version: loaded.version,
            position: Some(loaded.position),
            events: outcome_events,
            at: loaded.recorded_at,
            clock_behind_micros: appended.clock_behind_micros,
        })
    }

    /// Takes a snapshot where one is due.
    fn keep_snapshot<'s, F: Fold>(
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
    async fn done_before<F: Fold>(&self, wish: &Wish<'_>, start: &impl Fn() -> F) -> Result<Option<Written<F>>, RuntimeError> {
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
            at: loaded.recorded_at,
            clock_behind_micros: 0,
        }))
    }
}

/// A longer pause after each conflict, and a different one for each process, so that they get out of step.
fn pause(attempt: u32) -> Duration {
    let longest_micros = 4000_u64 << attempt.min(6);
    let random = Uuid::new_v4().as_u64_pair().1;
    Duration::from_micros(random % longest_micros)
}

/// A store that has not been made yet has no events; a write will make it.
pub(super) fn none_when_no_store(result: Result<Loaded, RuntimeError>) -> Result<Loaded, RuntimeError> {
    match result {
        Err(RuntimeError::Store(StoreError::NoStore(_))) => Ok(Loaded::default()),
        result => result,
    }
}

fn key_event_id(stream: &StreamName, key: &str, index: usize) -> Uuid {
    Uuid::new_v5(&KEY_NAMESPACE, format!("{stream}\0{key}\0{index}").as_bytes())
}

fn new_events(decided: &[DecidedEvent], wish: &Wish<'_>) -> Result<Vec<NewEvent>, RuntimeError> {
    let options = wish.options;
    let ids: Vec<Uuid> = match options.idempotency_key.as_deref() {
        Some(key) => (0..decided.len()).map(|index| key_event_id(wish.stream, key, index)).collect(),
        None => decided.iter().map(|_| Uuid::now_v7()).collect(),
    };
    let Some(first) = ids.first() else { return Ok(Vec::new()) };
    let mut metadata = json!({
        "client_id": options.client_id,
        "correlation_id": options.correlation_id.clone().unwrap_or_else(|| first.to_string()),
    });
    if let Some(command) = wish.command {
        metadata["command"] = command.into();
    }
    if let Some(causation_id) = &options.causation_id {
        metadata["causation_id"] = causation_id.as_str().into();
    }
    if let Some(key) = &options.idempotency_key {
        metadata["idempotency_key"] = key.as_str().into();
        metadata["command_hash"] = wish.content.as_str().into();
    }
    let metadata = JsonObject::of(&metadata)?;
    let events = decided.iter().zip(ids).map(|(event, event_id)| {
        let event_type = EventType::parse(event.event_type)?;
        let (schema_version, data) = (event.schema_version, event.data.clone());
        Ok(NewEvent { event_id, event_type, schema_version, data, metadata: metadata.clone() })
    });
    events.collect()
}

fn outcome_events(events: &[NewEvent], before: Version) -> Vec<OutcomeEvent> {
    let outcome = events.iter().zip(before.0 + 1..).map(|(event, version)| OutcomeEvent {
        event_id: event.event_id,
        event_type: event.event_type.to_string(),
        version: Version(version),
        data: event.data.clone(),
    });
    outcome.collect()
}

/// Folds in what was decided, as it was recorded.
fn take_in<F: Fold>(
    fold: &mut F,
    stream: &StreamName,
    events: &[NewEvent],
    loaded: &mut Loaded,
    recorded: impl Iterator<Item = (Position, Timestamp, Hash)>,
) -> Result<(), RuntimeError> {
    for (event, (position, recorded_at, hash)) in events.iter().zip(recorded) {
        let version = loaded.version.next();
        let view = EventView {
            position,
            event_id: event.event_id,
            stream: stream.as_str(),
            version,
            event_type: event.event_type.as_str(),
            schema_version: event.schema_version,
            recorded_at,
            data: event.data.as_str(),
            metadata: event.metadata.as_str(),
            hash,
            kept_content: None,
        };
        apply(fold, &view)?;
        (loaded.version, loaded.position, loaded.recorded_at, loaded.hash) = (version, position, recorded_at, hash);
    }
    Ok(())
}
