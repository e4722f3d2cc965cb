//! The record of a selftest: everything that was sent, answered and seen. The checker uses nothing else.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use uuid::Uuid;

use crate::event::ExpectedVersion;
use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::AppendRequest;
use crate::store::Appended;
use crate::store::Checkpoint;
use crate::store::Head;
use crate::store::StoreError;

/// An event that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentEvent {
    /// The event id.
    pub event_id: Uuid,
    /// The hash of the content.
    pub content: Hash,
}

/// An append, as its writer saw it.
#[derive(Debug, Clone)]
pub struct AppendAttempt {
    /// The number of the writer.
    pub writer: usize,
    /// The stream.
    pub stream: StreamName,
    /// The expected version of the stream.
    pub expected: ExpectedVersion,
    /// The events that were sent.
    pub events: Vec<SentEvent>,
    /// The moment before the append was sent, on the clock of the [`Notebook`]; 0 if unknown.
    pub began: u64,
    /// The moment after the answer; `u64::MAX` if unknown.
    pub ended: u64,
    /// The answer of the store; none: the writer ended before it.
    pub answer: Option<Result<Appended, StoreError>>,
}

impl AppendAttempt {
    /// Returns the record of a request before it is sent.
    pub fn of(writer: usize, request: &AppendRequest) -> Self {
        let sent =
            |event: &crate::event::NewEvent| SentEvent { event_id: event.event_id, content: event.content_hash(&request.stream) };
        Self {
            writer,
            stream: request.stream.clone(),
            expected: request.expected,
            events: request.events.iter().map(sent).collect(),
            began: 0,
            ended: u64::MAX,
            answer: None,
        }
    }

    /// Returns the answer if it says that the events are in the store.
    pub fn acknowledged(&self) -> Option<&Appended> {
        self.answer.as_ref().and_then(|answer| answer.as_ref().ok())
    }

    /// Returns true if the outcome is unknown.
    pub fn is_unknown(&self) -> bool {
        matches!(self.answer, None | Some(Err(StoreError::OutcomeUnknown { .. })))
    }
}

/// A record of appends, made before and after each of them.
pub trait Journal: Send + Sync {
    /// Records an append before it is sent. Returns its number.
    fn begin(&self, attempt: AppendAttempt) -> usize;
    /// Records the answer.
    fn end(&self, number: usize, answer: Result<Appended, StoreError>);
}

/// A journal in memory. Its clock advances with each entry.
#[derive(Default)]
pub struct Notebook {
    attempts: Mutex<Vec<AppendAttempt>>,
    moment: AtomicU64,
    acknowledged: AtomicU64,
}

impl Notebook {
    fn attempts(&self) -> MutexGuard<'_, Vec<AppendAttempt>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tick(&self) -> u64 {
        self.moment.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Returns the number of events that have been acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Removes and returns all entries.
    pub fn take(&self) -> Vec<AppendAttempt> {
        std::mem::take(&mut self.attempts())
    }
}

impl Journal for Notebook {
    fn begin(&self, attempt: AppendAttempt) -> usize {
        let began = self.tick();
        let mut attempts = self.attempts();
        attempts.push(AppendAttempt { began, ..attempt });
        attempts.len() - 1
    }

    fn end(&self, number: usize, answer: Result<Appended, StoreError>) {
        let ended = self.tick();
        if let Ok(appended) = &answer {
            self.acknowledged.fetch_add(appended.events.len() as u64, Ordering::Relaxed);
        }
        if let Some(attempt) = self.attempts().get_mut(number) {
            (attempt.ended, attempt.answer) = (ended, Some(answer));
        }
    }
}

/// The events that a reader saw which remembers only its last position.
#[derive(Debug, Clone, Default)]
pub struct ReaderLog {
    /// The number of the reader.
    pub reader: usize,
    /// The events, in the order in which they were read.
    pub seen: Vec<(Position, Uuid)>,
    /// The faults that the store reported.
    pub damage: Vec<String>,
}

/// An event in the store at the end of a run.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// The position.
    pub position: Position,
    /// The event id.
    pub event_id: Uuid,
    /// The stream.
    pub stream: Arc<str>,
    /// The version.
    pub version: Version,
    /// The time that the store gave the event.
    pub recorded_at: Timestamp,
    /// The hash of the content, computed from the stored content.
    pub content: Hash,
    /// The stored hash, a link of the chain.
    pub hash: Hash,
}

/// A part of the store that was read in another way.
#[derive(Debug, Clone)]
pub struct Reread {
    /// The stream, read by version; none: the store, read by position.
    pub stream: Option<Arc<str>>,
    /// The lowest version or position.
    pub from: u64,
    /// The highest version or position.
    pub to: u64,
    /// True if it was read from the highest down.
    pub backwards: bool,
    /// The events, in the order in which they were read.
    pub found: Vec<(Position, Uuid)>,
    /// The fault that the store reported.
    pub damage: Option<String>,
}

/// The record of a run from its beginning to its end.
#[derive(Debug, Clone, Default)]
pub struct SelftestHistory {
    /// Every append that was sent.
    pub attempts: Vec<AppendAttempt>,
    /// The events that each reader saw.
    pub readings: Vec<ReaderLog>,
    /// The faults of the read model during the run.
    pub read_model_damage: Vec<String>,
    /// All events at the end, by position.
    pub events: Vec<StoredEvent>,
    /// The faults that reading them found.
    pub damage: Vec<String>,
    /// The head that the store reports.
    pub head: Head,
    /// The streams that the store reports: name, version, position of the last event.
    pub streams: Vec<(String, Version, Position)>,
    /// Parts of the store that were read in another way.
    pub rereads: Vec<Reread>,
    /// The rows of the read model, by key.
    pub rows: Vec<(String, String)>,
    /// The checkpoint of the read model.
    pub checkpoint: Option<Checkpoint>,
}
