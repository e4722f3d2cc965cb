//! One job: what it does, how far it is, what it found.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use serde::Serialize;
use serde::Serializer;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::event::Timestamp;
use crate::server::ErrorDetail;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// It works out a state as it was.
    Replay,
    /// It builds a read model anew.
    Rebuild,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It has not begun: others run.
    Waiting,
    /// It is under way.
    Running,
    /// It has ended, and `result` holds what it found.
    Done,
    /// It has ended, and `error` says why it did not come out.
    Failed,
    /// It was broken off: the server stops.
    Stopped,
}

/// A job, as it is told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Job {
    /// Its id.
    pub id: Uuid,
    /// What it does.
    pub kind: JobKind,
    /// Whom it is about: a stream, a category, a projection.
    pub target: String,
    /// How far it is.
    pub state: JobState,
    /// How much of its work is done: events that were passed; of a category, streams.
    pub done: u64,
    /// How much there is to do, where that is known.
    #[schema(required = true)]
    pub total: Option<u64>,
    /// Who asked for it.
    pub asked_by: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it ended.
    #[schema(required = true)]
    pub ended_at: Option<Timestamp>,
    /// What it found.
    #[serde(serialize_with = "as_it_is")]
    #[schema(value_type = Option<Found>, required = true)]
    pub result: Option<Arc<RawValue>>,
    /// Why it did not come out.
    #[schema(required = true)]
    pub error: Option<Box<ErrorDetail>>,
}

/// JSON that has been written already.
fn as_it_is<S: Serializer>(found: &Option<Arc<RawValue>>, serializer: S) -> Result<S::Ok, S::Error> {
    found.as_deref().serialize(serializer)
}

/// What jobs find: a rebuild says what it did, a replay what the state was.
#[derive(ToSchema)]
#[schema(as = JobResult)]
#[serde(untagged)]
#[expect(dead_code, reason = "it only describes: what was found is kept as text")]
pub enum Found {
    /// Of a rebuild.
    Rebuilt(crate::runtime::RunReport),
    /// Of a replay of a stream.
    Stream(Box<crate::ops::replay::ReplayReport>),
    /// Of a replay of a category.
    Category(crate::ops::replay::CategoryReport),
}

impl Job {
    /// Whether nothing more comes of it.
    pub fn has_ended(&self) -> bool {
        !matches!(self.state, JobState::Waiting | JobState::Running)
    }
}

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Work {
    /// What it is.
    pub kind: JobKind,
    /// Whom it is about.
    pub target: String,
    /// Who asks for it.
    pub asked_by: String,
    /// Whether it makes no sense twice at a time.
    pub alone: bool,
}

/// Where a job says how far it is.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Count>);

#[derive(Debug, Default)]
struct Count {
    done: AtomicU64,
    /// 0: not known.
    total: AtomicU64,
}

impl Meter {
    /// There is so much to do.
    pub fn of(&self, total: u64) {
        self.0.total.store(total, Ordering::Relaxed);
    }

    /// So much more is done.
    pub fn add(&self, more: u64) {
        self.0.done.fetch_add(more, Ordering::Relaxed);
    }

    /// So much is done, whoever did it.
    pub fn reached(&self, done: u64) {
        self.0.done.fetch_max(done, Ordering::Relaxed);
    }

    /// How much is done, and how much there is. More may come up while it goes on.
    pub(super) fn read(&self) -> (u64, Option<u64>) {
        let (done, total) = (self.0.done.load(Ordering::Relaxed), self.0.total.load(Ordering::Relaxed));
        (done, (total > 0).then_some(total.max(done)))
    }
}
