//! The command bus: the one place where a wish becomes events. Validation, idempotency, retries.

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
use crate::aggregate::Decider;
use crate::domain;
use crate::domain::Domain;
use crate::event::EventType;
use crate::event::EventView;
use crate::event::ExpectedVersion;
use crate::event::JsonObject;
use crate::event::NewEvent;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::canonical_json;
use crate::runtime::Clock;
use crate::runtime::error::RuntimeError;
use crate::runtime::load::LoadOptions;
use crate::runtime::load::Loaded;
use crate::runtime::load::apply;
use crate::runtime::load::load;
use crate::runtime::snapshots::SnapshotPolicy;
use crate::runtime::snapshots::take_snapshot;
use crate::store::AppendRequest;
use crate::store::Appended;
use crate::store::Outcome;
use crate::store::ReadQuery;
use crate::store::RecordTime;
use crate::store::Store;
use crate::store::StoreError;

/// What event ids of an idempotency key are derived in: a UUIDv5 namespace of esctl's own.
const KEY_NAMESPACE: Uuid = Uuid::from_u128(0x6573_6374_6c00_5000_8000_6964_656d_706f);

/// A command, with who, why, and how.
#[derive(Debug, Clone)]
pub struct CommandEnvelope {
    /// Its name: `resource.allocate`.
    pub command: String,
    /// Which one: what stands behind the `-` of the stream's name.
    pub id: String,
    /// What the command says.
    pub payload: Value,
    /// Who is asking.
    pub client_id: String,
    /// What it belongs to; the id of its first event unless told.
    pub correlation_id: Option<String>,
    /// What caused it, where known.
    pub causation_id: Option<String>,
    /// The same key twice changes nothing the second time.
    pub idempotency_key: Option<String>,
    /// Where the stream must be; otherwise wherever it is.
    pub expected: Option<Version>,
    /// How often to load and decide again after a conflict.
    pub retries: u32,
    /// Only say what would happen.
    pub dry_run: bool,
}

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

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommandOutcome {
    /// Whether it changed anything.
    pub outcome: CommandResult,
    /// Which one.
    pub id: String,
    /// Its stream.
    pub stream: StreamName,
    /// Where the stream is after it.
    pub version: Version,
    /// Where its last event is in the store; none when nothing is recorded.
    pub position: Option<Position>,
    /// Its events.
    pub events: Vec<OutcomeEvent>,
    /// The state after it, in full.
    pub state: Value,
    /// By how many microseconds the clock was behind the store's; 0 when it was not.
    #[serde(skip)]
    pub clock_behind_micros: u64,
}

/// Turns commands into events. Cheap to clone.
#[derive(Clone)]
pub struct CommandBus {
    store: Store,
    clock: Clock,
    /// Whether the clock is also what events are recorded by, as in a scenario.
    clock_records: bool,
    snapshots: SnapshotPolicy,
    domains: Vec<Domain>,
}

impl CommandBus {
    /// A bus that decides by a clock and lets the store record by its own.
    pub fn new(store: Store, clock: Clock, snapshots: SnapshotPolicy) -> Self {
        Self { store, clock, clock_records: false, snapshots, domains: domain::all() }
    }

    /// A bus whose clock is also what events are recorded by.
    pub fn with_standing_clock(store: Store, clock: Clock, snapshots: SnapshotPolicy) -> Self {
        Self { clock_records: true, ..Self::new(store, clock, snapshots) }
    }

    /// The same bus, for the commands of a domain of one's own as well.
    #[must_use]
    pub fn with(mut self, domain: Domain) -> Self {
        self.domains.push(domain);
        self
    }

    /// Loads, decides, appends; after a conflict loads and decides again.
    ///
    /// # Errors
    /// A rejection or an unreadable payload ([`RuntimeError::Decide`]), a conflict, or as the store says.
    pub async fn send(&self, envelope: &CommandEnvelope) -> Result<CommandOutcome, RuntimeError> {
        let category = envelope.command.split_once('.').map_or("", |(category, _)| category);
        let unknown = || DecideError::UnknownCommand(envelope.command.clone());
        let has = |domain: &&Domain| domain.category == category && domain.commands.contains(&envelope.command.as_str());
        let domain = self.domains.iter().find(has).ok_or_else(unknown)?;
        let stream = StreamName::of(domain.category, &envelope.id)?;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let conflict = match self.try_once(domain, &stream, envelope).await {
                Err(RuntimeError::Store(conflict @ (StoreError::Conflict { .. } | StoreError::IdConflict { .. }))) => conflict,
                result => return result,
            };
            // What was in the way may be this very command, sent twice at the same time: no retry is needed to answer it.
            if let Some(first) = self.done_before(domain, &stream, envelope).await? {
                return Ok(first);
            }
            if envelope.expected.is_some() {
                return Err(conflict.into());
            }
            if attempts > envelope.retries {
                return Err(RuntimeError::RetriesExhausted { stream: stream.to_string(), attempts, source: conflict });
            }
            tracing::info!(%stream, attempts, %conflict, "deciding again");
            tokio::time::sleep(pause(attempts)).await;
        }
    }

    async fn try_once(
        &self,
        domain: &Domain,
        stream: &StreamName,
        envelope: &CommandEnvelope,
    ) -> Result<CommandOutcome, RuntimeError> {
        if let Some(outcome) = self.done_before(domain, stream, envelope).await? {
            return Ok(outcome);
        }
        let mut aggregate = (domain.aggregate)(stream.as_str());
        let mut loaded = none_when_no_store(load(&self.store, stream, &mut *aggregate, LoadOptions::default()).await)?;
        if let Some(expected) = envelope.expected.filter(|expected| *expected != loaded.version) {
            let (stream, actual) = (stream.clone(), loaded.version);
            return Err(StoreError::Conflict { stream, expected: ExpectedVersion::Exact(expected), actual }.into());
        }
        // A clock that is behind does not decide before what has happened: a lock would have run out when it is recorded.
        let now = (self.clock)().max(loaded.recorded_at);
        let decided = aggregate.decide(&envelope.command, &envelope.payload, now)?;
        let events = new_events(&decided, stream, envelope)?;
        let mut outcome = CommandOutcome {
            outcome: if events.is_empty() { CommandResult::Unchanged } else { CommandResult::DryRun },
            id: stream.id().to_owned(),
            stream: stream.clone(),
            version: Version(loaded.version.0 + events.len() as u64),
            position: None,
            events: outcome_events(&events, loaded.version),
            state: Value::Null,
            clock_behind_micros: 0,
        };
        if envelope.dry_run || events.is_empty() {
            let recorded = (0..events.len() as u64).map(|_| (Position::ZERO, now, crate::event::Hash::ZERO));
            take_in(&mut *aggregate, stream, &events, &mut loaded, recorded)?;
            outcome.state = aggregate.show(now);
            return Ok(outcome);
        }
        let before = loaded.version;
        let appended = self.append(stream, before, events.clone(), now).await?;
        if appended.outcome == Outcome::AlreadyApplied
            && let Some(first) = self.done_before(domain, stream, envelope).await?
        {
            // Somebody else with the same key came in between.
            return Ok(first);
        }
        let recorded = appended.events.iter().map(|event| (event.position, event.recorded_at, event.hash));
        take_in(&mut *aggregate, stream, &events, &mut loaded, recorded)?;
        outcome.outcome = CommandResult::Applied;
        outcome.position = Some(loaded.position);
        outcome.state = aggregate.show(loaded.recorded_at);
        outcome.clock_behind_micros = appended.clock_behind_micros;
        if self.snapshots.is_due(stream.category(), before, loaded.version) {
            let taking = take_snapshot(&self.store, stream, &*aggregate, &loaded, now);
            // The command is done. A snapshot only saves time later, so its failure must not turn that into an error.
            if let Err(error) = taking.await {
                tracing::warn!(%stream, %error, "no snapshot could be taken");
            }
        }
        Ok(outcome)
    }

    async fn append(
        &self,
        stream: &StreamName,
        at: Version,
        events: Vec<NewEvent>,
        now: Timestamp,
    ) -> Result<Appended, StoreError> {
        let time = if self.clock_records { RecordTime::Clock(now) } else { RecordTime::StoreClock };
        let request = AppendRequest { stream: stream.clone(), expected: ExpectedVersion::Exact(at), events, time };
        self.store.append(request).await
    }

    /// Whether the idempotency key has been used: then the answer is what it was.
    async fn done_before(
        &self,
        domain: &Domain,
        stream: &StreamName,
        envelope: &CommandEnvelope,
    ) -> Result<Option<CommandOutcome>, RuntimeError> {
        let Some(key) = envelope.idempotency_key.as_deref() else { return Ok(None) };
        let known = match self.store.events_by_id(vec![key_event_id(stream, key, 0)]).await {
            Err(StoreError::NoStore(_)) => return Ok(None),
            known => known?,
        };
        let Some(first) = known.first() else { return Ok(None) };
        let metadata: Map<String, Value> = serde_json::from_str(&first.metadata).unwrap_or_default();
        if metadata.get("command_hash").and_then(Value::as_str) != Some(&command_hash(envelope)?) {
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
        let mut aggregate = (domain.aggregate)(stream.as_str());
        let up_to = Version(first.version.0 + events.len() as u64 - 1);
        let loaded = load(&self.store, stream, &mut *aggregate, LoadOptions { up_to, snapshots: true }).await?;
        Ok(Some(CommandOutcome {
            outcome: CommandResult::AlreadyApplied,
            id: stream.id().to_owned(),
            stream: stream.clone(),
            version: loaded.version,
            position: Some(loaded.position),
            events,
            state: aggregate.show(loaded.recorded_at),
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
fn none_when_no_store(result: Result<Loaded, RuntimeError>) -> Result<Loaded, RuntimeError> {
    match result {
        Err(RuntimeError::Store(StoreError::NoStore(_))) => Ok(Loaded::default()),
        result => result,
    }
}

fn key_event_id(stream: &StreamName, key: &str, index: usize) -> Uuid {
    Uuid::new_v5(&KEY_NAMESPACE, format!("{stream}\0{key}\0{index}").as_bytes())
}

/// What tells two commands under one idempotency key apart.
fn command_hash(envelope: &CommandEnvelope) -> Result<String, RuntimeError> {
    let payload = canonical_json(&envelope.payload.to_string())?;
    let digest = Sha256::digest(format!("{}\0{payload}", envelope.command).as_bytes());
    Ok(digest[..16].iter().map(|byte| format!("{byte:02x}")).collect())
}

fn new_events(decided: &[DecidedEvent], stream: &StreamName, envelope: &CommandEnvelope) -> Result<Vec<NewEvent>, RuntimeError> {
    let ids: Vec<Uuid> = match envelope.idempotency_key.as_deref() {
        Some(key) => (0..decided.len()).map(|index| key_event_id(stream, key, index)).collect(),
        None => decided.iter().map(|_| Uuid::now_v7()).collect(),
    };
    let Some(first) = ids.first() else { return Ok(Vec::new()) };
    let mut metadata = json!({
        "client_id": envelope.client_id,
        "command": envelope.command,
        "correlation_id": envelope.correlation_id.clone().unwrap_or_else(|| first.to_string()),
    });
    if let Some(causation_id) = &envelope.causation_id {
        metadata["causation_id"] = causation_id.as_str().into();
    }
    if let Some(key) = &envelope.idempotency_key {
        metadata["idempotency_key"] = key.as_str().into();
        metadata["command_hash"] = command_hash(envelope)?.into();
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
fn take_in(
    aggregate: &mut dyn Decider,
    stream: &StreamName,
    events: &[NewEvent],
    loaded: &mut Loaded,
    recorded: impl Iterator<Item = (Position, Timestamp, crate::event::Hash)>,
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
        };
        apply(aggregate, &view)?;
        (loaded.version, loaded.position, loaded.recorded_at, loaded.hash) = (version, position, recorded_at, hash);
    }
    Ok(())
}

/// The clock of this machine.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::MIN.plus(since_1970)
    })
}
