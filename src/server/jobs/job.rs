//! A job: kind, progress and result.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use serde::Serialize;
use serde::Serializer;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::event::Timestamp;
use crate::ops::Failure;

/// The kind of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Computes a past state.
    Replay,
    /// Rebuilds a read model.
    Rebuild,
}

/// The state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for other jobs.
    Waiting,
    /// Is under way.
    Running,
    /// Has ended. `result` holds the result.
    Done,
    /// Has ended. `error` holds the reason of the failure.
    Failed,
    /// Was cancelled because the server stops.
    Stopped,
}

/// A job as callers see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Job {
    /// The id.
    pub id: Uuid,
    /// The kind.
    pub kind: JobKind,
    /// The stream, category or projection that the job works on.
    pub target: String,
    /// The state.
    pub state: JobState,
    /// Work done so far: events, or streams of a category.
    pub done: u64,
    /// Total work, if it is known.
    #[schema(required = true)]
    pub total: Option<u64>,
    /// The client that requested the job.
    pub asked_by: String,
    /// The time of the request.
    pub asked_at: Timestamp,
    /// The time at which the job ended.
    #[schema(required = true)]
    pub ended_at: Option<Timestamp>,
    /// The result.
    #[serde(serialize_with = "raw")]
    #[schema(value_type = Option<JobResult>, required = true)]
    pub result: Option<Arc<RawValue>>,
    /// The reason of the failure.
    #[schema(required = true)]
    pub error: Option<Box<Failure>>,
}

/// Writes JSON that is already serialized.
fn raw<S: Serializer>(found: &Option<Arc<RawValue>>, serializer: S) -> Result<S::Ok, S::Error> {
    found.as_deref().serialize(serializer)
}

/// The result of a job: the report of a rebuild or a replay.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "a description; results are kept as text")]
pub enum JobResult {
    /// The report of a rebuild.
    Rebuilt(crate::runtime::RunReport),
    /// The report of a replay of a stream.
    Stream(Box<crate::ops::replay::ReplayReport>),
    /// The report of a replay of a category.
    Category(crate::ops::replay::CategoryReport),
}

impl Job {
    /// Returns true if the job has ended.
    pub fn has_ended(&self) -> bool {
        !matches!(self.state, JobState::Waiting | JobState::Running)
    }
}

/// A request for a job.
#[derive(Debug, Clone)]
pub struct JobRequest {
    /// The kind.
    pub kind: JobKind,
    /// The stream, category or projection to work on.
    pub target: String,
    /// The client that requests the job.
    pub asked_by: String,
    /// Set if only one such job may be under way at a time.
    pub exclusive: bool,
}

/// The progress of a job, shared with the job itself.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<MeterCounts>);

#[derive(Debug, Default)]
struct MeterCounts {
    done: AtomicU64,
    /// 0 if unknown.
    total: AtomicU64,
}

impl Meter {
    /// Sets the total work.
    pub fn of(&self, total: u64) {
        self.0.total.store(total, Ordering::Relaxed);
    }

    /// Adds work done.
    pub fn add(&self, more: u64) {
        self.0.done.fetch_add(more, Ordering::Relaxed);
    }

    /// Sets the work done, if it is more than before.
    pub fn reached(&self, done: u64) {
        self.0.done.fetch_max(done, Ordering::Relaxed);
    }

    /// Returns the work done and the total. The total grows with the work done.
    pub(super) fn read(&self) -> (u64, Option<u64>) {
        let (done, total) = (self.0.done.load(Ordering::Relaxed), self.0.total.load(Ordering::Relaxed));
        (done, (total > 0).then_some(total.max(done)))
    }
}
