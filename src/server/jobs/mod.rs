//! Background jobs: replays and rebuilds. Callers poll their progress.
//!
//! A job belongs to the instance that runs it. The numbers of running, waiting and kept jobs and the size of their
//! results are limited. A stopping server cancels its jobs. Nothing is left half-written, and a repeated rebuild
//! continues where it was.

mod job;
mod job_list;
#[cfg(test)]
mod tests;

pub use job::Job;
pub use job::JobKind;
pub use job::JobRequest;
pub use job::JobState;
pub use job::Meter;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::value::to_raw_value;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::event::new_id;
use crate::ops::Failure;
use crate::ops::FailureKind;
use crate::runtime::Clock;
use crate::server::HttpProblem;
use crate::server::jobs::job_list::JobEntry;
use crate::server::jobs::job_list::JobList;

/// Maximum number of jobs that run at the same time.
const MAX_RUNNING: usize = 2;
/// Maximum size of the result of one job, in bytes.
const MAX_RESULT_BYTES: usize = 4 << 20;

/// The jobs of this instance. Cheap to clone; all clones share the jobs.
#[derive(Clone)]
pub struct Jobs {
    kept: Arc<Mutex<JobList>>,
    slots: Arc<Semaphore>,
    clock: Clock,
}

impl Jobs {
    /// Creates an empty list of jobs.
    pub fn new(clock: Clock) -> Self {
        Self { kept: Arc::default(), slots: Arc::new(Semaphore::new(MAX_RUNNING)), clock }
    }

    /// Starts a job, or queues it if too many are running.
    ///
    /// # Errors
    /// A conflict (409) if the same exclusive job is under way. Unavailable (503) if too many jobs are under way or the
    /// server is stopping.
    pub fn start<F, W, T, E>(&self, request: JobRequest, run: F) -> Result<Job, HttpProblem>
    where
        F: FnOnce(Meter) -> W + Send + 'static,
        W: Future<Output = Result<T, E>> + Send + 'static,
        T: Serialize + Send,
        E: Into<Failure> + Send,
    {
        let mut kept = self.kept();
        kept.check_room(&request)?;
        let (id, meter) = (new_id(), Meter::default());
        // The answer to the caller says whether the job runs or waits.
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok();
        let state = if slot.is_some() { JobState::Running } else { JobState::Waiting };
        let job = Job {
            id,
            kind: request.kind,
            target: request.target,
            state,
            done: 0,
            total: None,
            asked_by: request.asked_by,
            asked_at: (self.clock)(),
            ended_at: None,
            result: None,
            error: None,
        };
        // The job ends whatever happens to the task, panics included.
        let (ending, given) = (Ending { jobs: self.clone(), id }, meter.clone());
        let task = tokio::spawn(async move {
            let slot = match slot {
                Some(slot) => Ok(slot),
                None => Arc::clone(&ending.jobs.slots).acquire_owned().await,
            };
            // The semaphore is never closed.
            let Ok(_slot) = slot else { return };
            ending.jobs.change(id, |job| job.state = JobState::Running);
            let done = run(given).await;
            ending.with(done.map_err(|error| with_causes(error.into())).and_then(|found| serialize_result(&found)));
        });
        kept.entries.insert(id, JobEntry { job: job.clone(), meter, exclusive: request.exclusive, task: Some(task) });
        kept.forget();
        Ok(job)
    }

    /// Returns a job of this instance, if it is kept.
    pub fn get(&self, id: Uuid) -> Option<Job> {
        self.kept().entries.get(&id).map(JobEntry::snapshot)
    }

    /// Returns all kept jobs, newest first.
    pub fn list(&self) -> Vec<Job> {
        self.kept().entries.values().rev().map(JobEntry::snapshot).collect()
    }

    /// Cancels the jobs under way, accepts no new ones, and waits until all have ended.
    pub async fn stop(&self) {
        let tasks: Vec<_> = {
            let mut kept = self.kept();
            kept.closed = true;
            kept.entries.values_mut().filter_map(|entry| entry.task.take()).collect()
        };
        for task in &tasks {
            task.abort();
        }
        for task in tasks {
            // A cancelled task is expected here.
            let _ = task.await;
        }
    }

    fn kept(&self) -> MutexGuard<'_, JobList> {
        // Every change under the lock is complete, so a panic leaves valid data.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, id: Uuid, change: impl FnOnce(&mut Job)) {
        if let Some(entry) = self.kept().entries.get_mut(&id) {
            change(&mut entry.job);
        }
    }
}

/// Returns the error of a job, with its causes in the message. Only operators see jobs.
fn with_causes(failure: Failure) -> Box<Failure> {
    let Failure { message, causes, .. } = failure;
    Failure { message: [vec![message], causes].concat().join(": "), causes: Vec::new(), ..failure }.into()
}

/// Returns the result as text, if it is small enough to be kept.
fn serialize_result<T: Serialize>(found: &T) -> Result<Arc<RawValue>, Box<Failure>> {
    let text = to_raw_value(found).map_err(|error| bug(&error.to_string()))?;
    let bytes = text.get().len();
    if bytes > MAX_RESULT_BYTES {
        let made = HttpProblem::bad_request(
            "result_too_large",
            format!("result of {bytes} bytes exceeds the limit of {MAX_RESULT_BYTES} bytes"),
        );
        return Err(made.hint("run 'esctl replay' on the command line").failure);
    }
    Ok(text.into())
}

fn bug(message: &str) -> Box<Failure> {
    with_causes(Failure::new(FailureKind::Bug, message))
}

/// Ends a job, also after a panic or a cancellation.
struct Ending {
    jobs: Jobs,
    id: Uuid,
}

impl Ending {
    fn with(&self, result: Result<Arc<RawValue>, Box<Failure>>) {
        let now = (self.jobs.clock)();
        self.jobs.change(self.id, |job| {
            job.ended_at = Some(now);
            match result {
                Ok(found) => (job.state, job.result) = (JobState::Done, Some(found)),
                Err(error) => (job.state, job.error) = (JobState::Failed, Some(error)),
            }
        });
        self.jobs.kept().forget();
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let now = (self.jobs.clock)();
        let panicked = std::thread::panicking();
        self.jobs.change(self.id, |job| {
            // Otherwise the result was recorded before.
            if !job.has_ended() {
                job.ended_at = Some(now);
                job.state = if panicked { JobState::Failed } else { JobState::Stopped };
                job.error = panicked.then(|| bug("internal error; the reason is in the log of the server"));
            }
        });
    }
}
