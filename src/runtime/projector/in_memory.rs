//! Running a projection in memory, for a store that can be read but not written: on top of the stored read model, it
//! keeps the rows that later events change.

use crate::event::Position;
use crate::runtime::error::RuntimeError;
use crate::runtime::projector::failed_events::EventFailures;
use crate::runtime::projector::pass::Pass;
use crate::runtime::projector::rows::FoldedRows;
use crate::runtime::projector::runner::Projector;
use crate::runtime::projector::runner::check_belongs;
use crate::store::Checkpoint;
use crate::store::Part;
use crate::store::ProjectionRecord;
use crate::store::StoreError;

/// A read model that is not stored.
pub(in crate::runtime) struct InMemory {
    /// The stored read model that the run started from, at that time; `None` if it started at the first event.
    pub(in crate::runtime) base: Option<ProjectionRecord>,
    /// The rows that differ from the stored ones, by key.
    pub(in crate::runtime) rows: FoldedRows,
    /// The failed events of the run.
    pub(in crate::runtime) problems: EventFailures,
    /// The part of the catalog that a swap changes.
    swapped: (Option<ProjectionRecord>, bool),
    /// The head of the store at the time of the run.
    pub(in crate::runtime) head: Position,
}

impl Projector<'_> {
    /// Applies all events up to the head as [`Projector::catch_up`] does, without writing.
    ///
    /// # Errors
    /// As [`Projector::catch_up`], except for an event that failed to apply: the run ends before it.
    pub(in crate::runtime) async fn run_in_memory(&self) -> Result<InMemory, RuntimeError> {
        let swapped = self.swapped().await?;
        let base = self.starting_point().await?;
        let part = base.as_ref().map_or(Part::Building, |record| record.model.part);
        let start = base.as_ref().map_or_else(Checkpoint::default, |record| record.checkpoint);
        check_belongs(self.store, self.projection.name(), start).await?;
        let head = self.store.head().await?.position;
        let (rows, problems) = self.rows_in_memory(part, base.clone(), head).await?;
        Ok(InMemory { base, rows, problems, swapped, head })
    }

    /// Builds the rows at a position from the first event on, without writing.
    pub(in crate::runtime) async fn run_up_to(&self, position: Position) -> Result<(FoldedRows, EventFailures), RuntimeError> {
        self.rows_in_memory(Part::Building, None, position).await
    }

    /// Returns the rows that a run up to a position changes, from a read model or from the first event.
    async fn rows_in_memory(
        &self,
        part: Part,
        base: Option<ProjectionRecord>,
        to: Position,
    ) -> Result<(FoldedRows, EventFailures), RuntimeError> {
        for weighed in [false, true] {
            let pass = Pass::open(self, part, base.clone(), weighed).await?;
            if let Some(outcome) = pass.run_in_memory(to).await? {
                return Ok(outcome);
            }
        }
        Err(StoreError::Invalid(format!("row of read model {} too large", self.projection.name())).into())
    }

    /// Returns true if a new run would have the same result.
    pub(in crate::runtime) async fn is_current(&self, made: &InMemory) -> Result<bool, RuntimeError> {
        Ok(made.head == self.store.head().await?.position && made.base == self.starting_point().await?)
    }

    /// Returns true if the stored read model of a run is still there. It may have advanced: rows of later events are in
    /// memory.
    pub(in crate::runtime) async fn has_same_base(&self, made: &InMemory) -> Result<bool, RuntimeError> {
        let Some(base) = &made.base else { return Ok(true) };
        let now = self.record(base.model.part).await?;
        let is_no_older =
            |now: ProjectionRecord| now.commits >= base.commits && now.checkpoint.position >= base.checkpoint.position;
        Ok(now.is_some_and(is_no_older) && self.swapped().await? == made.swapped)
    }

    /// Returns the read model that a run starts from: the live one, or a rebuild under way if the live one has an older
    /// logic version.
    async fn starting_point(&self) -> Result<Option<ProjectionRecord>, RuntimeError> {
        let own = self.projection.version();
        match self.record(Part::Live).await? {
            Some(live) if live.logic_version == own => Ok(Some(live)),
            Some(live) if live.logic_version > own => Err(self.logic_mismatch(&live).into()),
            _ => self.begun().await,
        }
    }
}
