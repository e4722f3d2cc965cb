//! The command bus: turns commands into events, with validation, idempotency and retries.

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use crate::aggregate::DecideError;
use crate::aggregate::Decider;
use crate::aggregate::Fold;
use crate::domain;
use crate::domain::Domain;
use crate::event::StreamName;
use crate::event::canonical_json;
use crate::runtime::clock::Clock;
use crate::runtime::error::RuntimeError;
use crate::runtime::idempotency::content_of;
use crate::runtime::new_events::OutcomeEvent;
use crate::runtime::new_events::WriteRequest;
use crate::runtime::observer::CommandObserver;
use crate::runtime::outcome::CommandOutcome;
use crate::runtime::snapshots::SnapshotPolicy;
use crate::runtime::write_options::WriteOptions;
use crate::runtime::writer::WriteOutcome;
use crate::runtime::writer::Writer;
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
    /// The name, such as `resource.allocate`.
    pub command: String,
    /// The id of the target, which follows the first `-` in the name of its stream.
    pub id: String,
    /// The payload.
    pub payload: Value,
    /// The options of the write: client, expected version, retries and more.
    pub options: WriteOptions,
}

impl CommandEnvelope {
    /// Creates a command of a client, or with the given options.
    pub fn new(command: impl Into<String>, id: impl Into<String>, payload: Value, who: impl Into<WriteOptions>) -> Self {
        Self { command: command.into(), id: id.into(), payload, options: who.into() }
    }
}

/// Turns commands into events. Cheap to clone.
#[derive(Clone)]
pub struct CommandBus {
    writer: Writer<Box<dyn Decider>>,
    domains: Vec<Domain>,
}

impl CommandBus {
    /// Creates a bus that decides by a clock. The store records by its own clock.
    pub fn new(store: Store, clock: Clock, snapshots: SnapshotPolicy) -> Self {
        Self { writer: Writer::new(store, clock, snapshots), domains: domain::all() }
    }

    /// Creates a bus whose clock also determines the times of the recorded events, as in a scenario.
    pub fn with_fixed_clock(store: Store, clock: Clock, snapshots: SnapshotPolicy) -> Self {
        Self { writer: Writer { clock_records: true, ..Writer::new(store, clock, snapshots) }, domains: domain::all() }
    }

    /// Returns the same bus with an additional domain. A server takes the access to its streams from the
    /// [installed](crate::domain::install) domains: install it as well.
    #[must_use]
    pub fn with(mut self, domain: Domain) -> Self {
        self.domains.push(domain);
        self
    }

    /// Returns the same bus with an observer of its commands.
    #[must_use]
    pub fn observed_by(mut self, observer: Arc<dyn CommandObserver>) -> Self {
        self.writer.observer = Some(observer);
        self
    }

    /// Sends a command: loads, decides and appends. After a conflict it loads and decides again.
    ///
    /// # Errors
    /// [`RuntimeError::Decide`] for a rejection or an unreadable payload, [`RuntimeError::RetriesExhausted`] and
    /// [`RuntimeError::KeyReused`] for conflicts.
    pub async fn send(&self, envelope: &CommandEnvelope) -> Result<CommandOutcome, RuntimeError> {
        let known = self.known(&envelope.command);
        let Some(observer) = &self.writer.observer else { return self.decide(known, envelope).await };
        let begun = Instant::now();
        let outcome = self.decide(known, envelope).await;
        observer.answered(known.map(|(_, command)| command), &outcome, begun.elapsed());
        outcome
    }

    /// Returns a command by name, with its domain.
    fn known(&self, name: &str) -> Option<(&Domain, &'static str)> {
        let category = name.split_once('.').map_or("", |(category, _)| category);
        let mut commands = self.domains.iter().filter(|domain| domain.category == category);
        commands.find_map(|domain| Some((domain, *domain.commands.iter().find(|command| **command == name)?)))
    }

    /// Returns the domain of a command; none for an unknown command.
    pub fn domain_of(&self, command: &str) -> Option<&Domain> {
        self.known(command).map(|(domain, _)| domain)
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
        let request = WriteRequest { stream: &stream, command: Some(&envelope.command), content, options };
        let start = || (domain.aggregate)(stream.as_str());
        let written = self
            .writer
            .write(&request, start, |aggregate, now| Ok(aggregate.decide(&envelope.command, &envelope.payload, now)?));
        Ok(outcome(&stream, written.await?))
    }
}

fn outcome(stream: &StreamName, written: WriteOutcome<Box<dyn Decider>>) -> CommandOutcome {
    let note = |event: &OutcomeEvent| written.fold.note(&event.event_type, event.data.as_str());
    CommandOutcome {
        notes: written.events.iter().filter_map(note).collect(),
        outcome: written.outcome,
        id: stream.id().to_owned(),
        stream: stream.clone(),
        version: written.version,
        position: written.position,
        events: written.events,
        state_before: written.fold_before.map(|fold| fold.show(written.at)),
        state: written.fold.show(written.at),
        left_out: written.left_out,
        clock_behind_micros: written.clock_behind_micros,
    }
}
