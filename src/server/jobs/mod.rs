//! Long work that somebody asked for: a replay, a rebuild. It goes on while they come back to ask how far it is.
//!
//! A job lives in the instance that runs it. Only so many run, wait, or are remembered at a time, and what they found takes
//! only so much memory. When the server stops they are broken off: nothing of theirs is left half, and a rebuild that is
//! asked for again goes on where it was.

mod book;
mod job;
#[cfg(test)]
mod tests;

pub use job::Job;
pub use job::JobKind;
pub use job::JobState;
pub use job::Meter;
pub use job::Work;

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
use crate::server::ErrorDetail;
use crate::server::Problem;
use crate::server::jobs::book::Book;
use crate::server::jobs::book::Entry;

/// Jobs that run at the same time.
const RUNNING: usize = 2;
/// Bytes of what one job found.
const RESULT_BYTES: usize = 4 << 20;

/// The jobs of this instance. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Jobs {
    book: Arc<Mutex<Book>>,
    slots: Arc<Semaphore>,
    clock: Clock,
}

impl Jobs {
    /// None yet.
    pub fn new(clock: Clock) -> Self {
        Self { book: Arc::default(), slots: Arc::new(Semaphore::new(RUNNING)), clock }
    }

    /// Begins some work, or lets it wait for its turn.
    ///
    /// # Errors
    /// It is under way already (409), too much is (503), or the server stops (503).
    pub fn start<F, W, T, E>(&self, work: Work, run: F) -> Result<Job, Problem>
    where
        F: FnOnce(Meter) -> W + Send + 'static,
        W: Future<Output = Result<T, E>> + Send + 'static,
        T: Serialize + Send,
        E: Into<Failure> + Send,
    {
        let mut book = self.book();
        book.has_room_for(&work)?;
        let (id, meter) = (new_id(), Meter::default());
        // One that can run at once is told so.
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok();
        let state = if slot.is_some() { JobState::Running } else { JobState::Waiting };
        let job = Job {
            id,
            kind: work.kind,
            target: work.target,
            state,
            done: 0,
            total: None,
            asked_by: work.asked_by,
            asked_at: (self.clock)(),
            ended_at: None,
            result: None,
            error: None,
        };
        // Whatever happens to the task, panic included, the job ends.
        let (ending, given) = (Ending { jobs: self.clone(), id }, meter.clone());
        let task = tokio::spawn(async move {
            let slot = match slot {
                Some(slot) => Ok(slot),
                None => Arc::clone(&ending.jobs.slots).acquire_owned().await,
            };
            // Nobody closes it.
            let Ok(_slot) = slot else { return };
            ending.jobs.change(id, |job| job.state = JobState::Running);
            let done = run(given).await;
            ending.with(done.map_err(|error| told(error.into())).and_then(|found| kept(&found)));
        });
        book.entries.insert(id, Entry { job: job.clone(), meter, alone: work.alone, task: Some(task) });
        book.forget();
        Ok(job)
    }

    /// A job of this instance, if it is remembered.
    pub fn get(&self, id: Uuid) -> Option<Job> {
        self.book().entries.get(&id).map(Entry::told)
    }

    /// All that are remembered, the newest first.
    pub fn list(&self) -> Vec<Job> {
        self.book().entries.values().rev().map(Entry::told).collect()
    }

    /// Breaks off what is under way and takes nothing more; gives back when all have ended.
    pub async fn stop(&self) {
        let tasks: Vec<_> = {
            let mut book = self.book();
            book.closed = true;
            book.entries.values_mut().filter_map(|entry| entry.task.take()).collect()
        };
        for task in &tasks {
            task.abort();
        }
        for task in tasks {
            // That it was broken off is what was wanted.
            let _ = task.await;
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // What is done under the lock leaves no half of anything.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, id: Uuid, change: impl FnOnce(&mut Job)) {
        if let Some(entry) = self.book().entries.get_mut(&id) {
            change(&mut entry.job);
        }
    }
}

/// Why it did not come out, in full: operators ask for jobs, and only they are told.
fn told(failure: Failure) -> Box<ErrorDetail> {
    let Failure { code, message, causes, hint, details, .. } = failure;
    let message = [vec![message], causes].concat().join(": ");
    ErrorDetail { code, message, hint, details }.into()
}

/// What was found, as it is kept.
fn kept<T: Serialize>(found: &T) -> Result<Arc<RawValue>, Box<ErrorDetail>> {
    let text = to_raw_value(found).map_err(|error| bug(&error.to_string()))?;
    let bytes = text.get().len();
    if bytes > RESULT_BYTES {
        let made =
            Problem::bad_request("result_too_large", format!("what was found has {bytes} bytes; a job keeps {RESULT_BYTES}"));
        return Err(made.hint("'esctl replay' at the command line shows it").error);
    }
    Ok(text.into())
}

fn bug(message: &str) -> Box<ErrorDetail> {
    told(Failure::new(FailureKind::Bug, message))
}

/// Sees to it that a job ends.
struct Ending {
    jobs: Jobs,
    id: Uuid,
}

impl Ending {
    fn with(&self, result: Result<Arc<RawValue>, Box<ErrorDetail>>) {
        let now = (self.jobs.clock)();
        self.jobs.change(self.id, |job| {
            job.ended_at = Some(now);
            match result {
                Ok(found) => (job.state, job.result) = (JobState::Done, Some(found)),
                Err(error) => (job.state, job.error) = (JobState::Failed, Some(error)),
            }
        });
        self.jobs.book().forget();
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let now = (self.jobs.clock)();
        let panicked = std::thread::panicking();
        self.jobs.change(self.id, |job| {
            // Else it has been said how it ended.
            if !job.has_ended() {
                job.ended_at = Some(now);
                job.state = if panicked { JobState::Failed } else { JobState::Stopped };
                job.error = panicked.then(|| bug("a mistake in the server: its log says more"));
            }
        });
    }
}
