//! The command bus: the one place where a wish becomes events. Validation, idempotency, retries.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::DecideError;
use crate::aggregate::Decider;
use crate::aggregate::Fold;
use crate::aggregate::Note;
use crate::domain;
use crate::domain::Domain;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::canonical_json;
use crate::runtime::Clock;
use crate::runtime::error::RuntimeError;
use crate::runtime::idempotency::content_of;
use crate::runtime::new_events::OutcomeEvent;
use crate::runtime::new_events::Wish;
use crate::runtime::observer::CommandObserver;
use crate::runtime::snapshots::SnapshotPolicy;
use crate::runtime::write_options::WriteOptions;
use crate::runtime::writer::CommandResult;
use crate::runtime::writer::Writer;
use crate::runtime::writer::Written;
use crate::store::Store;

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
    /// How long to load and decide again after conflicts with other programs; zero: not at all.
    pub retry_for: Duration,
    /// Maximum number of times to load and decide again; `None`: as often as `retry_for` allows.
    pub retries: Option<u32>,
    /// Only say what would happen.
    pub dry_run: bool,
}

impl CommandEnvelope {
    fn options(&self) -> WriteOptions {
        WriteOptions {
            client_id: self.client_id.clone(),
            correlation_id: self.correlation_id.clone(),
            causation_id: self.causation_id.clone(),
            idempotency_key: self.idempotency_key.clone(),
            expected: self.expected,
            retry_for: self.retry_for,
            retries: self.retries,
            dry_run: self.dry_run,
        }
    }
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
    /// What the sender must know about the events; absent where there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// The state after it, in full.
    pub state: Value,
    /// The ids of quarantined events that the state leaves out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Uuid>,
    /// By how many microseconds the clock was behind the store's; 0 when it was not.
    #[serde(skip)]
    pub clock_behind_micros: u64,
}

/// Turns commands into events. Cheap to clone.
#[derive(Clone)]
pub struct CommandBus {
    writer: Writer<Box<dyn Decider>>,
    domains: Vec<Domain>,
}

impl CommandBus {
    /// A bus that decides by a clock and lets the store record by its own.
    pub fn new(store: Store, clock: Clock, snapshots: SnapshotPolicy) -> Self {
        Self { writer: Writer::new(store, clock, snapshots), domains: domain::all() }
    }

    /// A bus whose clock is also what events are recorded by.
    pub fn with_standing_clock(store: Store, clock: Clock, snapshots: SnapshotPolicy) -> Self {
        Self { writer: Writer { clock_records: true, ..Writer::new(store, clock, snapshots) }, domains: domain::all() }
    }

    /// The same bus, for the commands of a domain of one's own as well.
    #[must_use]
    pub fn with(mut self, domain: Domain) -> Self {
        self.domains.push(domain);
        self
    }

    /// The same bus; an observer is told of its commands.
    #[must_use]
    pub fn observed_by(mut self, observer: Arc<dyn CommandObserver>) -> Self {
        self.writer.observer = Some(observer);
        self
    }

    /// Loads, decides, appends; after a conflict loads and decides again.
    ///
    /// # Errors
    /// A rejection or an unreadable payload ([`RuntimeError::Decide`]), a conflict, or as the store says.
    pub async fn send(&self, envelope: &CommandEnvelope) -> Result<CommandOutcome, RuntimeError> {
        let known = self.known(&envelope.command);
        let Some(observer) = &self.writer.observer else { return self.decide(known, envelope).await };
        let begun = Instant::now();
        let outcome = self.decide(known, envelope).await;
        observer.answered(known.map(|(_, command)| command), &outcome, begun.elapsed());
        outcome
    }

    /// The command of a name, as its domain has it.
    fn known(&self, name: &str) -> Option<(&Domain, &'static str)> {
        let category = name.split_once('.').map_or("", |(category, _)| category);
        let mut commands = self.domains.iter().filter(|domain| domain.category == category);
        commands.find_map(|domain| Some((domain, *domain.commands.iter().find(|command| **command == name)?)))
    }

    async fn decide(
        &self,
        known: Option<(&Domain, &'static str)>,
        envelope: &CommandEnvelope,
    ) -> Result<CommandOutcome, RuntimeError> {
        let (domain, _) = known.ok_or_else(|| DecideError::UnknownCommand(envelope.command.clone()))?;
        let stream = StreamName::of(domain.category, &envelope.id)?;
        let options = envelope.options();
        let content = match envelope.idempotency_key {
            Some(_) => content_of(&envelope.command, &canonical_json(&envelope.payload.to_string())?),
            None => String::new(),
        };
        let wish = Wish { stream: &stream, command: Some(&envelope.command), content, options: &options };
        let start = || (domain.aggregate)(stream.as_str());
        let written =
            self.writer.write(&wish, start, |aggregate, now| Ok(aggregate.decide(&envelope.command, &envelope.payload, now)?));
        Ok(outcome(&stream, written.await?))
    }
}

fn outcome(stream: &StreamName, written: Written<Box<dyn Decider>>) -> CommandOutcome {
    let note = |event: &OutcomeEvent| written.fold.note(&event.event_type, event.data.as_str());
    CommandOutcome {
        notes: written.events.iter().filter_map(note).collect(),
        outcome: written.outcome,
        id: stream.id().to_owned(),
        stream: stream.clone(),
        version: written.version,
        position: written.position,
        events: written.events,
        state: written.fold.show(written.at),
        left_out: written.left_out,
        clock_behind_micros: written.clock_behind_micros,
    }
}

/// The clock of this machine.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::MIN.plus(since_1970)
    })
}
