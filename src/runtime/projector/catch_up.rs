//! Bringing a read model up to date, rebuilding it, and swapping it in.

use crate::event::Position;
use crate::runtime::error::RuntimeError;
use crate::runtime::projector::pass::Pass;
use crate::runtime::projector::pass::PassEnd;
use crate::runtime::projector::runner::OnProgress;
use crate::runtime::projector::runner::ProgressMeter;
use crate::runtime::projector::runner::Projector;
use crate::runtime::projector::runner::RunReport;
use crate::runtime::projector::runner::check_belongs;
use crate::store::Checkpoint;
use crate::store::FailedEventState;
use crate::store::Part;
use crate::store::ProjectionRecord;
use crate::store::ReadModel;
use crate::store::StoreError;

/// Maximum number of attempts while another runner builds the same read model.
const ATTEMPTS: u32 = 5;

impl Projector<'_> {
    /// Applies all events up to the head. A read model that does not exist, or has another logic version, is built
    /// beside the live one and swapped in. A paused one does not advance. `progress` gets the number of further
    /// positions.
    ///
    /// # Errors
    /// [`StoreError::ForeignCheckpoint`] if the read model belongs to another store. [`StoreError::Unsupported`] if a
    /// newer program has made it. [`StoreError::Unavailable`] if other runners keep deleting what was built.
    /// [`RuntimeError::Fold`] if an event failed to apply and the policy is to stop: the read model is then stopped at
    /// that event.
    pub async fn catch_up(&self, progress: OnProgress<'_>) -> Result<RunReport, RuntimeError> {
        for _ in 0..ATTEMPTS {
            let live = self.record(Part::Live).await?;
            if self.control().await?.paused.is_some() {
                let at = live.map_or(Position::ZERO, |live| live.checkpoint.position);
                return Ok(RunReport { paused: true, ..self.report(at) });
            }
            match live {
                Some(live) if live.logic_version == self.projection.version() => {
                    return self.run(Part::Live, Some(live), None, progress).await;
                }
                // An older program must not replace the read model of a newer one. The newer one replaces that of the
                // older.
                Some(live) if live.logic_version > self.projection.version() => return Err(self.logic_mismatch(&live).into()),
                _ => {}
            }
            let report = self.build(None, progress).await?;
            // An operator may have paused the projection during the build. The live read model then stays in place.
            if self.control().await?.paused.is_some() {
                let at = self.record(Part::Live).await?.map_or(Position::ZERO, |live| live.checkpoint.position);
                return Ok(RunReport { paused: true, position: at, ..report });
            }
            // Another runner may have built the read model sooner and advanced it. The live read model never goes back.
            if self.record(Part::Live).await?.is_some_and(|live| live.logic_version == self.projection.version()) {
                self.store.drop_read_model(ReadModel::building(self.name())).await?;
                continue;
            }
            // Another runner may have swapped in a shorter build, or deleted this one.
            if self.swap_in(report.position).await? {
                return Ok(RunReport { rebuilt: true, ..report });
            }
        }
        Err(self.build_failed().into())
    }

    /// Rebuilds the read model beside the live one, which answers until the new one replaces it in one step. An
    /// interrupted rebuild continues.
    ///
    /// # Errors
    /// As [`Projector::catch_up`]; the old read model is then as it was.
    pub async fn rebuild(&self, progress: OnProgress<'_>) -> Result<RunReport, RuntimeError> {
        for _ in 0..ATTEMPTS {
            let before = self.swapped().await?;
            let report = self.build(None, progress).await?;
            if let Some(report) = self.swap(&report).await? {
                return Ok(report);
            }
            // Another runner has finished, continued or deleted the rebuild.
            if self.swapped().await? != before {
                return Ok(RunReport { rebuilt: true, ..report });
            }
        }
        Err(self.build_failed().into())
    }

    /// Builds a read model beside the live one, up to a position or the head, without swapping it in.
    ///
    /// # Errors
    /// As [`Projector::catch_up`].
    pub async fn build(&self, to: Option<Position>, progress: OnProgress<'_>) -> Result<RunReport, RuntimeError> {
        let mut begun = self.record(Part::Building).await?;
        if let Some(found) = begun.take() {
            begun = self.resumable(found).await?;
            if begun.is_none() {
                self.store.drop_read_model(ReadModel::building(self.name())).await?;
            }
        }
        self.run(Part::Building, begun, to, progress).await
    }

    /// Returns a rebuild that was begun and can continue.
    pub(super) async fn begun(&self) -> Result<Option<ProjectionRecord>, RuntimeError> {
        match self.record(Part::Building).await? {
            Some(begun) => self.resumable(begun).await,
            None => Ok(None),
        }
    }

    /// Returns a rebuild if it can continue: it has this logic version and store, and misses no event.
    async fn resumable(&self, begun: ProjectionRecord) -> Result<Option<ProjectionRecord>, RuntimeError> {
        let belongs = match check_belongs(self.store, self.name(), begun.checkpoint).await {
            Err(StoreError::ForeignCheckpoint { .. }) => false,
            // An unavailable store is no reason to delete hours of work.
            found => found.map(|()| true)?,
        };
        let problems = self.store.failed_events(begun.model.clone()).await?;
        let lacks = problems.iter().any(|problem| problem.state == FailedEventState::Missing);
        Ok(Some(begun).filter(|begun| begun.logic_version == self.projection.version() && belongs && !lacks))
    }

    /// Swaps the built read model in. The live one is kept as the previous one. `None` if the build is gone or has
    /// advanced.
    pub async fn swap(&self, report: &RunReport) -> Result<Option<RunReport>, RuntimeError> {
        let swapped = self.swap_in(report.position).await?;
        Ok(swapped.then(|| RunReport { rebuilt: true, ..report.clone() }))
    }

    /// Swaps a build in, if it is at this position. Returns true if it is the live read model now.
    async fn swap_in(&self, at: Position) -> Result<bool, StoreError> {
        let fields = self.projection.indexed_fields().iter().map(|field| (*field).to_owned()).collect();
        self.store.swap_read_model(self.projection.name(), at, fields).await
    }

    pub(super) async fn run(
        &self,
        part: Part,
        mut record: Option<ProjectionRecord>,
        to: Option<Position>,
        progress: OnProgress<'_>,
    ) -> Result<RunReport, RuntimeError> {
        let start = record.as_ref().map_or_else(Checkpoint::default, |record| record.checkpoint);
        check_belongs(self.store, self.projection.name(), start).await?;
        let mut report = self.report(start.position);
        let mut weighed = false;
        let mut progress = ProgressMeter { up_to: start.position, progress };
        loop {
            let pass = Pass::open(self, part, record, weighed).await?;
            match pass.run(to, &mut report, &mut progress).await? {
                PassEnd::AtHead(position) => {
                    report.position = position;
                    return Ok(report);
                }
                PassEnd::Paused(position) => {
                    (report.position, report.paused) = (position, true);
                    return Ok(report);
                }
                PassEnd::Oversized => {
                    // Once more, checking the size of each row after each event, to find the event that makes a row too
                    // large.
                    weighed = true;
                    record = self.record(part).await?;
                    continue;
                }
                PassEnd::Overtaken => {}
            }
            // Another runner has moved the checkpoint, so continue from there.
            record = self.record(part).await?;
            match &record {
                Some(moved) if moved.logic_version != self.projection.version() => return Err(self.logic_mismatch(moved).into()),
                None if part == Part::Live => {
                    let message = format!("read model {} was deleted during the run", self.name());
                    return Err(StoreError::Unavailable { message, source: None }.into());
                }
                None if part == Part::Building => {
                    // Another runner has swapped it in or deleted it.
                    let live = self.record(Part::Live).await?;
                    report.position = live.map_or(report.position, |live| live.checkpoint.position);
                    return Ok(report);
                }
                _ => {}
            }
        }
    }
}
