//! What a run did and saw, written down as it happened: all that the checker looks at.

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

/// An event as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Its id.
    pub event_id: Uuid,
    /// The hash of what it brings.
    pub content: Hash,
}

/// One append as its writer saw it.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Who.
    pub writer: usize,
    /// Where to.
    pub stream: StreamName,
    /// What the stream must be like.
    pub expected: ExpectedVersion,
    /// What was sent.
    pub events: Vec<Sent>,
    /// The moment before it was sent, on the clock of the [`Notebook`]; 0 when that is not known.
    pub began: u64,
    /// The moment after the answer; `u64::MAX` when that is not known.
    pub ended: u64,
    /// What the store answered; `None`: the writer was gone before.
    pub answer: Option<Result<Appended, StoreError>>,
}

impl Attempt {
    /// What is to be known of a request before it is sent.
    pub fn of(writer: usize, request: &AppendRequest) -> Self {
        let sent =
            |event: &crate::event::NewEvent| Sent { event_id: event.event_id, content: event.content_hash(&request.stream) };
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

    /// The answer, where it says that the events are there.
    pub fn acknowledged(&self) -> Option<&Appended> {
        self.answer.as_ref().and_then(|answer| answer.as_ref().ok())
    }

    /// Whether nobody knows what became of it.
    pub fn is_unknown(&self) -> bool {
        matches!(self.answer, None | Some(Err(StoreError::OutcomeUnknown { .. })))
    }
}

/// Who is told of each append before and after.
pub trait Journal: Send + Sync {
    /// Before it is sent; gives it a number.
    fn begin(&self, attempt: Attempt) -> usize;
    /// After the answer.
    fn end(&self, number: usize, answer: Result<Appended, StoreError>);
}

/// A journal in memory, with a clock that goes one step with each note.
#[derive(Default)]
pub struct Notebook {
    attempts: Mutex<Vec<Attempt>>,
    moment: AtomicU64,
    acknowledged: AtomicU64,
}

impl Notebook {
    fn attempts(&self) -> MutexGuard<'_, Vec<Attempt>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tick(&self) -> u64 {
        self.moment.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// How many events have been acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Everything that was written down; the notebook is empty then.
    pub fn take(&self) -> Vec<Attempt> {
        std::mem::take(&mut self.attempts())
    }
}

impl Journal for Notebook {
    fn begin(&self, attempt: Attempt) -> usize {
        let began = self.tick();
        let mut attempts = self.attempts();
        attempts.push(Attempt { began, ..attempt });
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

/// What a reader that remembers only its last position came across.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Which reader.
    pub reader: usize,
    /// Each event, in the order in which it came.
    pub seen: Vec<(Position, Uuid)>,
    /// What the store said was wrong with it.
    pub damage: Vec<String>,
}

/// An event as the store has it in the end.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Its place in the store.
    pub position: Position,
    /// Its id.
    pub event_id: Uuid,
    /// Its stream.
    pub stream: Arc<str>,
    /// Its place in the stream.
    pub version: Version,
    /// Its time.
    pub recorded_at: Timestamp,
    /// The hash of what it brings, worked out anew from what the store has.
    pub content: Hash,
    /// Its link in the chain.
    pub hash: Hash,
}

/// A part of the store that was read again, another way.
#[derive(Debug, Clone)]
pub struct Reread {
    /// Of one stream, by version; none: of the store, by position.
    pub stream: Option<Arc<str>>,
    /// The lowest place asked for.
    pub from: u64,
    /// The highest place asked for.
    pub to: u64,
    /// From the highest down.
    pub backwards: bool,
    /// What came, in its order.
    pub found: Vec<(Position, Uuid)>,
    /// What the store said was wrong with it.
    pub damage: Option<String>,
}

/// A run from its beginning to its end.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Every append that was tried.
    pub attempts: Vec<Attempt>,
    /// What each reader saw.
    pub readings: Vec<Reading>,
    /// What went wrong with the read model while it ran beside.
    pub read_model_damage: Vec<String>,
    /// The whole store in the end, by position.
    pub events: Vec<Recorded>,
    /// What was wrong with it.
    pub damage: Vec<String>,
    /// What the store says is its last event.
    pub head: Head,
    /// What the store says of its streams: name, version, position of the last event.
    pub streams: Vec<(String, Version, Position)>,
    /// Parts of it, read another way.
    pub rereads: Vec<Reread>,
    /// The rows of the read model, by key.
    pub rows: Vec<(String, String)>,
    /// How far the read model says it is.
    pub checkpoint: Option<Checkpoint>,
}
