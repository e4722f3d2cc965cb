//! The commits of a run: changed rows into the table, or all rows of a build into an empty one.

use std::time::Instant;

use crate::runtime::error::RuntimeError;
use crate::runtime::projector::pass::Pass;
use crate::runtime::projector::rows::FoldRowsError;
use crate::runtime::projector::runner::RunReport;
use crate::store::Part;
use crate::store::RowLoad;
use crate::store::RowsCommit;

/// Minimum time between commits of a build, as a multiple of the duration of the last commit.
const COMMIT_SHARE: u32 = 10;

impl Pass<'_> {
    /// Returns true if it is time to commit, after a number of events.
    pub(super) fn is_commit_due(&self, events: usize) -> bool {
        let options = &self.projector.options;
        match (self.model.part, options.batch) {
            (Part::Building, None) => {
                self.committed.elapsed() >= options.commit_every.max(self.commit_took.saturating_mul(COMMIT_SHARE))
            }
            (_, batch) => batch.unwrap_or_default().is_full(events, self.rows.changes()),
        }
    }

    /// Commits the rows. Returns false if another runner has moved the checkpoint or replaced the read model, or if a row
    /// is too large.
    pub(super) async fn commit(&mut self, report: &mut RunReport) -> Result<bool, RuntimeError> {
        let start = Instant::now();
        if !self.owns_rows().await? {
            return Ok(false);
        }
        let done = match self.write().await {
            Ok(done) => done,
            Err(FoldRowsError::Oversized) => {
                self.oversized = true;
                return Ok(false);
            }
            Err(FoldRowsError::Failed(error)) => return Err(error),
        };
        if done {
            let since = std::mem::take(&mut self.since);
            report.events_applied += since.applied;
            report.held_back += since.held_back;
            // The event that made the row too large is committed.
            self.rows.weigh(false);
        }
        (self.at, self.commits) = (self.reached, self.commits + 1);
        (self.committed, self.commit_took) = (Instant::now(), start.elapsed());
        Ok(done)
    }

    async fn write(&mut self) -> Result<bool, FoldRowsError> {
        let store = self.projector.store;
        let now = (self.projector.clock)();
        self.updated_at = Some(now);
        let mut commit = RowsCommit {
            model: self.model.clone(),
            logic_version: self.projector.projection.version(),
            from: self.at.position,
            commits: Some(self.commits),
            to: self.reached,
            rows: Vec::new(),
            failed_events: self.failed_events.changes(),
            now,
        };
        if !(self.is_unbatched_build() && self.rows.changed_many(self.projector.options.few_rows)) {
            commit.rows = self.rows.changed()?;
            let done = store.commit_rows(commit).await?;
            if !self.is_unbatched_build() {
                self.rows.forget_many();
            }
            return Ok(done);
        }
        let mut load = RowLoad::new(self.model.clone());
        store.begin_load(&load).await?;
        let mut all = self.rows.all()?;
        let mut part = self.rows.next(&mut all)?;
        while !part.is_empty() {
            // The database stores a part while the next one is saved.
            let (stored, next) = tokio::join!(store.load_rows(&mut load, part), async { self.rows.next(&mut all) });
            if !stored? {
                return Ok(false);
            }
            part = next?;
        }
        self.rows.written();
        Ok(store.finish_load(&load, commit).await?)
    }
}
