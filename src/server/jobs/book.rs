//! The jobs that are remembered: so many, and only so much of what they found.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::server::Problem;
use crate::server::jobs::job::Job;
use crate::server::jobs::job::Meter;
use crate::server::jobs::job::Work;

/// Jobs that are under way or wait for their turn.
pub(super) const UNDER_WAY: usize = 18;
/// Jobs that are remembered.
pub(super) const REMEMBERED: usize = 100;
/// Bytes of what all of them found.
pub(super) const ALL_RESULTS_BYTES: usize = 16 << 20;

/// Every job that is remembered, the oldest first: ids grow with time.
#[derive(Default)]
pub(super) struct Book {
    pub(super) entries: BTreeMap<Uuid, Entry>,
    /// Nothing more is taken.
    pub(super) closed: bool,
}

pub(super) struct Entry {
    pub(super) job: Job,
    pub(super) meter: Meter,
    pub(super) alone: bool,
    pub(super) task: Option<JoinHandle<()>>,
}

impl Entry {
    /// The job as it is now.
    pub(super) fn told(&self) -> Job {
        let (done, total) = self.meter.read();
        Job { done, total, ..self.job.clone() }
    }

    fn result_bytes(&self) -> usize {
        self.job.result.as_ref().map_or(0, |result| result.get().len())
    }
}

impl Book {
    /// Whether some work can be taken on.
    pub(super) fn has_room_for(&self, work: &Work) -> Result<(), Problem> {
        if self.closed {
            return Err(Problem::stopping());
        }
        let under_way: Vec<_> = self.entries.values().filter(|entry| !entry.job.has_ended()).collect();
        let same = |entry: &&&Entry| entry.alone && (entry.job.kind, &entry.job.target) == (work.kind, &work.target);
        if let Some(Entry { job, .. }) = under_way.iter().find(same).filter(|_| work.alone) {
            let message = format!("{} is being worked on already", work.target);
            let made = Problem::new(StatusCode::CONFLICT, "already_under_way", message).with("job", job.id.to_string());
            return Err(made.hint(format!("GET /api/jobs/{} says how far it is", job.id)));
        }
        if under_way.len() >= UNDER_WAY {
            let made = Problem::unavailable("too_many_jobs", format!("{UNDER_WAY} jobs are under way already"));
            return Err(made.hint("try again when one has ended: GET /api/jobs"));
        }
        Ok(())
    }

    /// Forgets the oldest that have ended, until there are few enough and what they found is small enough.
    pub(super) fn forget(&mut self) {
        let mut bytes: usize = self.entries.values().map(Entry::result_bytes).sum();
        while self.entries.len() > REMEMBERED || bytes > ALL_RESULTS_BYTES {
            let oldest = self.entries.iter().find(|(_, entry)| entry.job.has_ended());
            let Some((id, size)) = oldest.map(|(id, entry)| (*id, entry.result_bytes())) else { return };
            self.entries.remove(&id);
            bytes -= size;
        }
    }
}
