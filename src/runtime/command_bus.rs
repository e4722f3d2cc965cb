//! The command bus: the one place where a wish becomes events. Validation, idempotency, retries.

use std::sync::Arc;
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

/// A command, with its target and the options of the write.
///
/// ```
/// use esctl::runtime::{CommandEnvelope, WriteOptions};
///
/// let payload = serde_json::json!({"amount": 5, "reason": "quest"});
/// let add = CommandEnvelope::new("resource.add", "gold", payload, WriteOptions::by("ann").keyed("quest-7"));
/// assert_eq!(add.options.idempotency_key.as_deref(), Some("quest-7"));
/// ```
#[derive(Debug, Clone)]
pub struct CommandEnvelope {
    /// Its name: `resource.allocate`.
    pub command: String,
    /// Which one: what stands behind the `-` of the stream's name.
    pub id: String,
    /// What the command says.
    pub payload: Value,
    /// The client, the reason, the expected version and the retries.
    pub options: WriteOptions,
}

impl CommandEnvelope {
    /// Returns a command by a client, or with the given options.
    pub fn new(command: impl Into<String>, id: impl Into<String>, payload: Value, who: impl Into<WriteOptions>) -> Self {
        Self { command: command.into(), id: id.into(), payload, options: who.into() }
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
    /// Notes for the sender about the events; absent where there are none.
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
        let options = &envelope.options;
        let content = match options.idempotency_key {
            Some(_) => content_of(&envelope.command, &canonical_json(&envelope.payload.to_string())?),
            None => String::new(),
        };
        let wish = Wish { stream: &stream, command: Some(&envelope.command), content, options };
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
