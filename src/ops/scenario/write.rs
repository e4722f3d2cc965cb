//! A step that changes something: its outcome, compared with the expected one.

use serde_json::Value;
use serde_json::json;

use crate::aggregate::DecideError;
use crate::aggregate::Rejection;
use crate::event::Timestamp;
use crate::ops::append_events::AppendEvents;
use crate::ops::append_events::EventInput;
use crate::ops::append_events::append_events;
use crate::ops::error::OpsError;
use crate::ops::scenario::compare::Mismatch;
use crate::ops::scenario::compare::count;
use crate::ops::scenario::compare::within;
use crate::ops::scenario::environment::Environment;
use crate::ops::scenario::model::CommandSpec;
use crate::ops::scenario::model::EventSpec;
use crate::ops::scenario::model::Expect;
use crate::ops::scenario::model::ExpectedSuccess;
use crate::ops::scenario::model::Write;
use crate::runtime::CommandEnvelope;
use crate::runtime::CommandResult;
use crate::runtime::RuntimeError;
use crate::runtime::WriteOptions;
use crate::store::RecordTime;
use crate::store::StoreError;

/// The outcome of a write.
pub(super) enum StepOutcome {
    /// The write was done. `events` have the form `{type, data}`. `state` is null without a domain.
    Done { outcome: CommandResult, events: Vec<Value>, version: u64, notes: Vec<&'static str>, state: Value },
    /// A rule of the domain refused the command.
    Rejected(Rejection),
    /// The stream was modified concurrently, or an id was used before.
    Conflict { code: &'static str, message: String },
}

/// Executes a write. A rejection and a conflict are outcomes, not errors.
pub(super) async fn execute(environment: &Environment, what: &Write) -> Result<StepOutcome, OpsError> {
    match what {
        Write::Command(run) => outcome_of(environment.commands.send(&envelope(run)).await.map(|outcome| {
            StepOutcome::Done {
                outcome: outcome.outcome,
                events: outcome
                    .events
                    .iter()
                    .map(|event| json!({"type": event.event_type, "data": parsed(event.data.as_str())}))
                    .collect(),
                version: outcome.version.0,
                notes: outcome.notes.iter().map(|note| note.code).collect(),
                state: outcome.state,
            }
        })),
        Write::Append(append) => {
            let appended = append_events(&environment.store, append.request(environment.now())).await;
            let done = appended.map(|report| StepOutcome::Done {
                outcome: report.outcome,
                events: vec![json!({"type": append.event_type, "data": parsed(append.data.as_str())})],
                version: report.version.0,
                notes: Vec::new(),
                state: Value::Null,
            });
            match done {
                Err(OpsError::Runtime(error)) => outcome_of(Err(error)),
                done => done,
            }
        }
    }
}

impl EventSpec {
    /// Returns the append of the event at a moment.
    pub(super) fn request(&self, at: Timestamp) -> AppendEvents {
        let event = EventInput {
            event_id: self.event_id,
            event_type: self.event_type.clone(),
            schema_version: self.schema_version,
            data: self.data.clone(),
            metadata: self.metadata.clone(),
        };
        AppendEvents {
            stream: self.stream.clone(),
            expected: self.expected,
            client_id: self.client.clone(),
            correlation_id: None,
            causation_id: None,
            batch: vec![event],
            idempotency_key: None,
            time: RecordTime::Clock(at),
            force: false,
        }
    }
}

/// Returns the data of an event as JSON.
fn parsed(data: &str) -> Value {
    serde_json::from_str(data).unwrap_or_default()
}

fn envelope(run: &CommandSpec) -> CommandEnvelope {
    let options = WriteOptions {
        correlation_id: run.correlation_id.clone(),
        causation_id: run.causation_id.clone(),
        idempotency_key: run.idempotency_key.clone(),
        expected: run.expected,
        retries: run.retries,
        ..WriteOptions::by(&run.client)
    };
    CommandEnvelope::new(&run.command, &run.id, run.payload.clone(), options)
}

fn outcome_of(result: Result<StepOutcome, RuntimeError>) -> Result<StepOutcome, OpsError> {
    let error = match result {
        Ok(done) => return Ok(done),
        Err(error) => error,
    };
    let code = match error {
        RuntimeError::Decide(DecideError::Rejected(rejection)) => return Ok(StepOutcome::Rejected(rejection)),
        RuntimeError::Store(StoreError::Conflict { .. }) => "version_conflict",
        RuntimeError::Store(StoreError::IdConflict { .. }) => "event_id_conflict",
        RuntimeError::RetriesExhausted { .. } => "retries_exhausted",
        RuntimeError::KeyReused { .. } => "idempotency_key_reused",
        other => return Err(other.into()),
    };
    Ok(StepOutcome::Conflict { code, message: error.to_string() })
}

impl StepOutcome {
    /// Returns a short description.
    fn description(&self) -> String {
        match self {
            Self::Done { outcome, events, .. } => {
                let types: Vec<_> = events.iter().filter_map(|event| event["type"].as_str()).collect();
                let outcome = name(*outcome);
                if types.is_empty() { outcome } else { format!("{outcome}: {}", types.join(", ")) }
            }
            Self::Rejected(rejection) => format!("rejected: {} ({})", rejection.code, rejection.message),
            Self::Conflict { code, message } => format!("conflict: {code} ({message})"),
        }
    }

    /// Returns the differences from the expected outcome.
    pub(super) fn compare(&self, expect: &Expect) -> Vec<Mismatch> {
        let mut mismatches = Vec::new();
        match (expect, self) {
            (Expect::Success(done), Self::Done { outcome, events, version, notes, state }) => {
                compare_done(done, *outcome, events, &mut mismatches);
                count("version", done.version, *version, &mut mismatches);
                if let Some(wanted) = done.notes.as_ref().filter(|wanted| **wanted != *notes) {
                    mismatches.push(Mismatch::of("notes", wanted.clone(), notes.clone()));
                }
                if let Some(expected) = &done.state {
                    within("state", expected, Some(state), &mut mismatches);
                }
            }
            (Expect::Rejected { code, message }, Self::Rejected(rejection)) if code == rejection.code => {
                if let Some(part) = message.as_ref().filter(|part| !rejection.message.contains(part.as_str())) {
                    mismatches.push(Mismatch::of("message", format!("…{part}…"), rejection.message.as_str()));
                }
            }
            (Expect::Conflict { code: wanted }, Self::Conflict { code, .. })
                if wanted.as_ref().is_none_or(|wanted| wanted == code) => {}
            (expect, found) => mismatches.push(Mismatch::of("outcome", expected(expect), found.description())),
        }
        mismatches
    }
}

/// Returns the name of an outcome in JSON.
fn name(outcome: CommandResult) -> String {
    match outcome {
        CommandResult::Applied => "applied",
        CommandResult::AlreadyApplied => "already_applied",
        CommandResult::DryRun => "dry_run",
        CommandResult::Unchanged => "unchanged",
    }
    .to_owned()
}

fn expected(expect: &Expect) -> String {
    match expect {
        Expect::Success(done) => match (&done.outcome, &done.events) {
            (Some(outcome), _) => outcome.clone(),
            (None, Some(events)) if !events.is_empty() => {
                let types: Vec<_> = events.iter().map(|event| event.event_type.as_str()).collect();
                format!("applied: {}", types.join(", "))
            }
            _ => "done".into(),
        },
        Expect::Rejected { code, .. } => format!("rejected: {code}"),
        Expect::Conflict { code } => code.as_ref().map_or_else(|| "conflict".into(), |code| format!("conflict: {code}")),
    }
}

fn compare_done(done: &ExpectedSuccess, outcome: CommandResult, found: &[Value], mismatches: &mut Vec<Mismatch>) {
    if let Some(wanted) = done.outcome.as_ref().filter(|wanted| **wanted != name(outcome)) {
        mismatches.push(Mismatch::of("outcome", wanted.as_str(), name(outcome)));
    }
    let Some(events) = &done.events else { return };
    let types: Vec<_> = events.iter().map(|event| event.event_type.as_str()).collect();
    let found_types: Vec<_> = found.iter().filter_map(|event| event["type"].as_str()).collect();
    if types != found_types {
        mismatches.push(Mismatch::of("events", types, found_types));
        return;
    }
    for (index, (event, found)) in events.iter().zip(found).enumerate() {
        if let Some(data) = &event.data {
            within(&format!("events[{index}].data"), data, Some(&found["data"]), mismatches);
        }
    }
}
