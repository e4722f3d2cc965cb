//! The record of the writes of this run: appends and other writes, in flight and applied, and the command that repeats the run.
//!
//! It decides the error that the program ends with before its answer is printed: after a signal, if stdout cannot be written, or
//! after an append of unknown outcome.

use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::cli::error::CliError;
use crate::cli::output::STDOUT_UNAVAILABLE;
use crate::cli::repeat::Repeat;
use crate::cli::replace_file;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::FailureKind;
use crate::store::AppendRequest;
use crate::store::Appended;
use crate::store::Observer;
use crate::store::Outcome;
use crate::store::StoreError;

/// The kind of effect that a command has on a store or on files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The command reads; updating a read model does not count.
    Reads,
    /// The command writes, and can be repeated safely.
    Repeatable,
    /// The command appends events; a repeat needs their ids or an idempotency key.
    Appends,
}

/// The record of the writes of this run.
pub struct WriteRecord {
    effect: Effect,
    /// Set if a command that could have written has not.
    changed_nothing: AtomicBool,
    /// The command that repeats this run.
    pub repeat: Repeat,
    appends: Mutex<AppendRecord>,
    writes: Mutex<OtherWrites>,
}

/// The writes other than appends: snapshots, read models, records, the schema.
#[derive(Debug, Clone, Default)]
struct OtherWrites {
    in_flight: u64,
    /// True if the outcome of a write is unknown.
    unknown: bool,
    /// The number of writes that changed something.
    applied: u64,
}

#[derive(Debug, Clone, Default)]
struct AppendRecord {
    in_flight: u64,
    /// True if the outcome of an append is unknown.
    unknown: bool,
    /// The number of events in the store by appends of this run, or of a run that this one repeats.
    events: u64,
    /// True if all of them had been applied before.
    before: bool,
    last: Option<(StreamName, Version, Position)>,
}

impl WriteRecord {
    /// Returns an empty record for a command.
    pub fn new(effect: Effect, repeat: Repeat) -> Self {
        Self { effect, changed_nothing: AtomicBool::new(false), repeat, appends: Mutex::default(), writes: Mutex::default() }
    }

    /// Records that the command changed nothing: the operator did not confirm, or there was nothing to change.
    pub fn changed_nothing(&self) {
        self.changed_nothing.store(true, Ordering::SeqCst);
    }

    fn appends(&self) -> MutexGuard<'_, AppendRecord> {
        self.appends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writes(&self) -> MutexGuard<'_, OtherWrites> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns true while an append, or another write that is the purpose of the command, is in flight.
    pub fn is_in_flight(&self) -> bool {
        self.appends().in_flight > 0 || (self.effect == Effect::Repeatable && self.writes().in_flight > 0)
    }

    /// Records that an earlier run had applied the command.
    pub fn applied_before(&self, stream: &StreamName, version: Version, position: Position, events: u64) {
        let mut appends = self.appends();
        if appends.last.is_none() {
            appends.add(stream, version, position, events, true);
        }
    }

    /// Returns the error with the exit code that tells the effect. A write whose answer cannot be printed is an unknown outcome to
    /// the caller. An unknown outcome comes with the command to repeat. A store that becomes unavailable after some appends leaves
    /// a batch done in part.
    pub fn explain(&self, mut error: CliError) -> CliError {
        let appends = self.appends().clone();
        let may_have_written = self.effect == Effect::Repeatable && !self.changed_nothing.load(Ordering::SeqCst);
        let has_written = may_have_written || appends.events > 0;
        if error.failure.code == STDOUT_UNAVAILABLE && has_written {
            let said = &error.failure.message;
            error.failure.message = format!("the write was applied, but its answer cannot be printed: {said}");
            error.failure.kind = FailureKind::OutcomeUnknown;
            return self.repeat.add_to(appends.describe(error), "print the answer, which repeats nothing, with");
        }
        // Exit code 6 promises that nothing was written.
        if error.failure.kind == FailureKind::Unavailable && appends.events > 0 && !appends.before {
            let mut error = error.extended(&format!("; {} applied before that", counted(appends.events)));
            error.failure.kind = FailureKind::Partial;
            return self.repeat.add_to(appends.describe(error).with("outcome", "partial"), "go on with");
        }
        if error.failure.kind == FailureKind::OutcomeUnknown && !error.failure.details.contains_key("repeat") {
            let error = appends.describe(error).with("outcome", "unknown");
            return self.repeat.add_to(error, "repeat it safely with");
        }
        error
    }

    /// Returns the error for a run that goes on until a signal. Its output has shown the writes already.
    pub fn followed(&self, signal: CliError) -> CliError {
        let writes = self.writes().clone();
        if writes.in_flight > 0 || writes.unknown {
            return self.interrupted(signal);
        }
        signal.with("outcome", if writes.applied > 0 { "applied" } else { "none" })
    }

    /// Returns the error for a run that a signal interrupted.
    pub fn interrupted(&self, signal: CliError) -> CliError {
        let appends = self.appends().clone();
        if self.effect == Effect::Reads {
            return signal;
        }
        // A command that appends also takes snapshots, which change no answer.
        let mut writes = if self.effect == Effect::Repeatable { self.writes().clone() } else { OtherWrites::default() };
        writes.applied += replace_file::replaced();
        if appends.in_flight + writes.in_flight > 0 || appends.unknown || writes.unknown {
            let what = if appends.in_flight > 0 || appends.unknown { "an append" } else { "a write" };
            let message = format!("{} during {what}, which may or may not have been applied", signal.failure.message);
            let error = appends.describe(CliError::outcome_unknown(message)).with("outcome", "unknown");
            return self.repeat.add_to(error, "repeat it safely with");
        }
        match (&appends.last, self.effect) {
            (Some((stream, version, position)), _) => {
                let events = counted(appends.events);
                let done = format!(", but {events} applied: stream {stream} is at version {version}, position {position}");
                let error = appends.describe(signal.extended(&done));
                self.repeat.add_to(error, "the same command again repeats nothing")
            }
            (None, Effect::Appends) => signal.extended("; nothing was appended").with("outcome", "none"),
            (None, _) if writes.applied > 0 => {
                let done = match writes.applied {
                    1 => ", but 1 write was applied".to_owned(),
                    applied => format!(", but {applied} writes were applied"),
                };
                let error = signal.extended(&done).with("outcome", "applied").with("writes", writes.applied);
                self.repeat.add_to(error, "the same command again is safe")
            }
            (None, _) => signal.extended("; nothing was changed").with("outcome", "none"),
        }
    }
}

/// Returns "1 event was" or "2 events were".
fn counted(events: u64) -> String {
    if events == 1 { "1 event was".into() } else { format!("{events} events were") }
}

impl AppendRecord {
    fn add(&mut self, stream: &StreamName, version: Version, position: Position, events: u64, before: bool) {
        self.before = before && (self.events == 0 || self.before);
        self.events += events;
        self.last = Some((stream.clone(), version, position));
    }

    /// Adds the applied events to the details of an error.
    fn describe(&self, error: CliError) -> CliError {
        let error = error.with("outcome", if self.before { "already_applied" } else { "applied" });
        let Some((stream, version, position)) = &self.last else { return error };
        let error = error.with("events", self.events).with("stream", stream.as_str());
        error.with("version", version.0).with("position", position.0)
    }
}

impl Observer for WriteRecord {
    fn appending(&self, _: &AppendRequest) {
        self.appends().in_flight += 1;
    }

    fn appended(&self, append: &AppendRequest, outcome: &Result<Appended, StoreError>, _: Duration) {
        let mut appends = self.appends();
        appends.in_flight = appends.in_flight.saturating_sub(1);
        match outcome {
            Ok(Appended { outcome, events, .. }) => {
                if let Some(last) = events.last() {
                    let before = *outcome == Outcome::AlreadyApplied;
                    appends.add(&append.stream, last.version, last.position, events.len() as u64, before);
                }
            }
            Err(StoreError::OutcomeUnknown { .. }) => appends.unknown = true,
            Err(_) => {}
        }
    }

    fn writing(&self) {
        self.writes().in_flight += 1;
    }

    fn written(&self, outcome: Result<bool, &StoreError>) {
        let mut writes = self.writes();
        writes.in_flight = writes.in_flight.saturating_sub(1);
        match outcome {
            Ok(true) => writes.applied += 1,
            Err(StoreError::OutcomeUnknown { .. }) => writes.unknown = true,
            Ok(false) | Err(_) => {}
        }
    }
}
