//! The read model as a run would leave it, for a store that can be read but not written: what is kept of it, and in memory
//! what later events change.

use crate::event::Position;
use crate::runtime::error::RuntimeError;
use crate::runtime::projector::Projector;
use crate::runtime::projector::check_belongs;
use crate::runtime::projector::pass::Pass;
use crate::runtime::projector::rows::FoldedRows;
use crate::runtime::projector::troubles::FoundProblems;
use crate::store::Checkpoint;
use crate::store::Part;
use crate::store::ProjectionRecord;
use crate::store::StoreError;

/// A read model that is kept nowhere.
pub(in crate::runtime) struct InMemory {
    /// The one that is kept and that it goes on from, as it was then; none: it begins with the first event.
    pub(in crate::runtime) base: Option<ProjectionRecord>,
    /// The rows that are other ones than there, by key.
    pub(in crate::runtime) rows: FoldedRows,
    /// The problems that the run has met.
    pub(in crate::runtime) problems: FoundProblems,
    /// What a swap would change.
    swapped: (Option<ProjectionRecord>, bool),
    /// The head of the store when it was made.
    pub(in crate::runtime) head: Position,
}

impl Projector<'_> {
    /// Takes in everything up to the head as [`Projector::catch_up`] does, and writes nothing.
    ///
    /// # Errors
    /// As [`Projector::catch_up`], but for an event that cannot be taken in: it then stands before that.
    pub(in crate::runtime) async fn run_in_memory(&self) -> Result<InMemory, RuntimeError> {
        let swapped = self.swapped().await?;
        let base = self.to_go_on_from().await?;
        let part = base.as_ref().map_or(Part::Building, |record| record.model.part);
        let start = base.as_ref().map_or_else(Checkpoint::default, |record| record.checkpoint);
        check_belongs(self.store, self.projection.name(), start).await?;
        let head = self.store.head().await?.position;
        let (rows, problems) = self.rows_in_memory(part, base.clone(), head).await?;
        Ok(InMemory { base, rows, problems, swapped, head })
    }

    /// Builds the rows as of a position from the first event on, and writes nothing.
    ///
    /// # Errors
    /// An error of the store.
    pub(in crate::runtime) async fn run_up_to(&self, position: Position) -> Result<(FoldedRows, FoundProblems), RuntimeError> {
        self.rows_in_memory(Part::Building, None, position).await
    }

    /// Returns the rows that a run from a read model, or from the first event, to a position changes.
    async fn rows_in_memory(
        &self,
        part: Part,
        base: Option<ProjectionRecord>,
        to: Position,
    ) -> Result<(FoldedRows, FoundProblems), RuntimeError> {
        for weighed in [false, true] {
            let pass = Pass::open(self, part, base.clone(), weighed).await?;
            if let (Some(rows), problems) = pass.run_in_memory(to).await? {
                return Ok((rows, problems));
            }
        }
        Err(StoreError::Invalid(format!("a row of read model {} is too large", self.projection.name())).into())
    }

    /// Whether what was made is what a run would make still.
    ///
    /// # Errors
    /// As the store says.
    pub(in crate::runtime) async fn is_of_today(&self, made: &InMemory) -> Result<bool, RuntimeError> {
        Ok(made.head == self.store.head().await?.position && made.base == self.to_go_on_from().await?)
    }

    /// Whether what it goes on from is there still. It may have moved: the rows of later events are in memory.
    ///
    /// # Errors
    /// As the store says.
    pub(in crate::runtime) async fn is_there_still(&self, made: &InMemory) -> Result<bool, RuntimeError> {
        let Some(base) = &made.base else { return Ok(true) };
        let now = self.record(base.model.part).await?;
        let is_no_older =
            |now: ProjectionRecord| now.commits >= base.commits && now.checkpoint.position >= base.checkpoint.position;
        Ok(now.is_some_and(is_no_older) && self.swapped().await? == made.swapped)
    }

    /// What a run would go on from: the live read model, or where today's logic has not made that, a rebuild that was begun.
    async fn to_go_on_from(&self) -> Result<Option<ProjectionRecord>, RuntimeError> {
        let own = self.projection.version();
        match self.record(Part::Live).await? {
            Some(live) if live.logic_version == own => Ok(Some(live)),
            Some(live) if live.logic_version > own => Err(self.of_other_logic(&live).into()),
            _ => self.begun().await,
        }
    }
}
