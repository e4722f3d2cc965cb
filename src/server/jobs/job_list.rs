//! The jobs that are kept, with a limit on their number and the size of their results.

use std::collections::BTreeMap;

use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::ops::FailureKind;
use crate::server::HttpProblem;
use crate::server::jobs::job::Job;
use crate::server::jobs::job::JobRequest;
use crate::server::jobs::job::Meter;

/// Maximum number of running and waiting jobs.
pub(super) const MAX_UNDER_WAY: usize = 18;
/// Maximum number of jobs that are kept.
pub(super) const MAX_KEPT: usize = 100;
/// Maximum size of all results, in bytes.
pub(super) const ALL_RESULTS_BYTES: usize = 16 << 20;

/// The jobs that are kept, oldest first, because ids grow with time.
#[derive(Default)]
pub(super) struct JobList {
    pub(super) entries: BTreeMap<Uuid, JobEntry>,
    /// Set once no new jobs are accepted.
    pub(super) closed: bool,
}

pub(super) struct JobEntry {
    pub(super) job: Job,
    pub(super) meter: Meter,
    pub(super) exclusive: bool,
    pub(super) task: Option<JoinHandle<()>>,
}

impl JobEntry {
    /// Returns the job with its current progress.
    pub(super) fn snapshot(&self) -> Job {
        let (done, total) = self.meter.read();
        Job { done, total, ..self.job.clone() }
    }

    fn result_bytes(&self) -> usize {
        self.job.result.as_ref().map_or(0, |result| result.get().len())
    }
}

impl JobList {
    /// Checks that a job can be accepted.
    pub(super) fn check_room(&self, request: &JobRequest) -> Result<(), HttpProblem> {
        if self.closed {
            return Err(HttpProblem::stopping());
        }
        let under_way: Vec<_> = self.entries.values().filter(|entry| !entry.job.has_ended()).collect();
        let same = |entry: &&&JobEntry| entry.exclusive && (entry.job.kind, &entry.job.target) == (request.kind, &request.target);
        if let Some(JobEntry { job, .. }) = under_way.iter().find(same).filter(|_| request.exclusive) {
            let message = format!("a job for {} is already under way", request.target);
            let made = HttpProblem::new(FailureKind::Conflict, "already_under_way", message).with("job", job.id.to_string());
            return Err(made.hint(format!("see GET /api/jobs/{} for its progress", job.id)));
        }
        if under_way.len() >= MAX_UNDER_WAY {
            let made = HttpProblem::unavailable("too_many_jobs", format!("{MAX_UNDER_WAY} jobs are already under way"));
            return Err(made.hint("retry when a job has ended; see GET /api/jobs"));
        }
        Ok(())
    }

    /// Removes the oldest ended jobs until number and size are within their limits.
    pub(super) fn forget(&mut self) {
        let mut bytes: usize = self.entries.values().map(JobEntry::result_bytes).sum();
        while self.entries.len() > MAX_KEPT || bytes > ALL_RESULTS_BYTES {
            let oldest = self.entries.iter().find(|(_, entry)| entry.job.has_ended());
            let Some((id, size)) = oldest.map(|(id, entry)| (*id, entry.result_bytes())) else { return };
            self.entries.remove(&id);
            bytes -= size;
        }
    }
}
