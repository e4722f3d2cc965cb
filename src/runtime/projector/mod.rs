//! The projection runner: reads in order, folds rows, writes rows, problems and checkpoint together.
//!
//! `pass.rs` is one run to the head, `rows.rs` the rows it holds, `troubles.rs` the events it cannot take in,
//! `release.rs` what an operator says about those, `quarantine.rs` what a quarantine means for a read model, and `in_memory.rs` a run where nothing can be written.

mod in_memory;
mod pass;
mod quarantine;
mod release;
mod rows;
mod troubles;

use serde::Serialize;

use crate::aggregate::Projection;
use crate::event::Position;
use crate::runtime::Clock;
use crate::runtime::control::Control;
use crate::runtime::error::RuntimeError;
use crate::runtime::projector::pass::Ended;
use crate::runtime::projector::pass::Pass;
use crate::store::Checkpoint;
use crate::store::Part;
use crate::store::ProblemState;
use crate::store::ProjectionRecord;
use crate::store::ReadModel;
use crate::store::Store;
use crate::store::StoreError;

pub(in crate::runtime) use in_memory::InMemory;
pub use release::Released;
pub(in crate::runtime) use rows::FoldedRows;
pub(in crate::runtime) use troubles::FoundProblems;

/// What is told how many positions were passed.
pub type OnProgress<'p> = &'p mut (dyn FnMut(u64) + Send);

/// How many events go into one transaction at least, and rows at most, those of the last chunk aside. Where few rows take in
/// many events a transaction has more: it would write the same rows again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchSize(pub usize);

impl BatchSize {
    /// A row is written again after so many events, on average.
    const EVENTS_A_ROW: usize = 100;
    /// The most events in a transaction, in sizes: what is lost when the program is killed is read again.
    const MOST: usize = 25;

    /// Whether so many events, which have changed so many rows, are enough.
    pub(crate) fn is_full(self, events: usize, rows: usize) -> bool {
        let Self(size) = self;
        events >= size
            && (rows >= size || events >= rows.saturating_mul(Self::EVENTS_A_ROW) || events >= size.saturating_mul(Self::MOST))
    }
}

impl Default for BatchSize {
    fn default() -> Self {
        Self(10_000)
    }
}

/// How often a read model that somebody else builds at the same time is begun again.
const ATTEMPTS: u32 = 5;

/// What was told of positions that were passed: each once, also where a run begins anew.
struct Told<'p> {
    up_to: Position,
    progress: OnProgress<'p>,
}

impl Told<'_> {
    fn reached(&mut self, position: Position) {
        let more = position.0.saturating_sub(self.up_to.0);
        if more > 0 {
            self.up_to = position;
            (self.progress)(more);
        }
    }
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RunReport {
    /// The projection.
    pub name: String,
    /// Where it began.
    pub from: Position,
    /// Where it is now.
    pub position: Position,
    /// How many events went into rows.
    pub events_applied: u64,
    /// How many events were held back, because they cannot be taken in or come after such a one in their stream.
    pub held_back: u64,
    /// Whether it was paused, and so did not go on.
    pub paused: bool,
    /// Whether the read model was built anew and swapped in.
    pub rebuilt: bool,
}

/// Brings one read model up to date.
pub struct Projector<'a> {
    store: &'a Store,
    projection: &'a dyn Projection,
    /// None: all.
    categories: Vec<String>,
    clock: Clock,
    batch: BatchSize,
}

impl<'a> Projector<'a> {
    /// A runner for a projection over a store.
    pub fn new(store: &'a Store, projection: &'a dyn Projection, clock: Clock, batch: BatchSize) -> Self {
        Self { store, projection, categories: projection.categories(), clock, batch }
    }

    /// Takes in everything up to the head. A read model that is not there, or made by other logic, is built
    /// beside and swapped in. One that is paused stays where it is. `progress` is told how many positions were passed.
    ///
    /// # Errors
    /// [`StoreError::ForeignCheckpoint`] when it is not of this store; [`StoreError::Unsupported`] when a newer
    /// program has made the read model; [`StoreError::Unavailable`] when others keep throwing away what was begun;
    /// [`RuntimeError::Fold`] when an event cannot be taken in, and the policy is to
    /// stop: the read model then stands right before it, and it is among its problems.
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
                // An older program must not undo what a newer one has made; the newer one does it the other way round.
                Some(live) if live.logic_version > self.projection.version() => return Err(self.of_other_logic(&live).into()),
                _ => {}
            }
            let report = self.build(None, progress).await?;
            // Somebody may have paused it while this was built: it is left beside, and the one that answers stays.
            if self.control().await?.paused.is_some() {
                let at = self.record(Part::Live).await?.map_or(Position::ZERO, |live| live.checkpoint.position);
                return Ok(RunReport { paused: true, position: at, ..report });
            }
            // Somebody else may have built it sooner, and it may have come further than this one since: nobody goes back.
            if self.record(Part::Live).await?.is_some_and(|live| live.logic_version == self.projection.version()) {
                self.store.drop_read_model(ReadModel::building(self.name())).await?;
                continue;
            }
            // Somebody else who builds it at the same time may have swapped in what ends sooner, or have thrown away what was begun here.
            if self.swap_in(report.position).await? {
                return Ok(RunReport { rebuilt: true, ..report });
            }
        }
        Err(self.never_whole().into())
    }

    pub(in crate::runtime) fn name(&self) -> &str {
        self.projection.name()
    }

    fn never_whole(&self) -> StoreError {
        let message = format!("read model {} could not be built: others kept throwing away what was begun", self.name());
        StoreError::Unavailable { message, source: None }
    }

    fn of_other_logic(&self, record: &ProjectionRecord) -> StoreError {
        let (name, own) = (self.projection.name(), self.projection.version());
        let made = record.logic_version;
        StoreError::Unsupported(format!(
            "read model {name} is made by version {made} of its logic; this program has version {own}"
        ))
    }

    /// Builds the read model anew beside the old one, which answers until the new one replaces it in one step.
    /// One that was broken off goes on where it was.
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
            // Somebody else has finished the same work, or has gone on with it or thrown it away.
            if self.swapped().await? != before {
                return Ok(RunReport { rebuilt: true, ..report });
            }
        }
        Err(self.never_whole().into())
    }

    /// What another read model in the place of the live one shows by: the one that was there before.
    async fn swapped(&self) -> Result<(Option<ProjectionRecord>, bool), StoreError> {
        Ok((self.record(Part::Previous).await?, self.record(Part::Live).await?.is_some()))
    }

    /// Builds the read model anew beside the old one, up to a position or the head, and leaves it there.
    ///
    /// # Errors
    /// As [`Projector::catch_up`].
    pub async fn build(&self, to: Option<Position>, progress: OnProgress<'_>) -> Result<RunReport, RuntimeError> {
        let mut begun = self.record(Part::Building).await?;
        if let Some(found) = begun.take() {
            begun = self.can_go_on(found).await?;
            if begun.is_none() {
                self.store.drop_read_model(ReadModel::building(self.name())).await?;
            }
        }
        self.run(Part::Building, begun, to, progress).await
    }

    /// A rebuild that was begun and can go on.
    async fn begun(&self) -> Result<Option<ProjectionRecord>, RuntimeError> {
        match self.record(Part::Building).await? {
            Some(begun) => self.can_go_on(begun).await,
            None => Ok(None),
        }
    }

    /// A rebuild, if it can go on: of this logic and this store, and that lacks no event.
    async fn can_go_on(&self, begun: ProjectionRecord) -> Result<Option<ProjectionRecord>, RuntimeError> {
        let belongs = match check_belongs(self.store, self.name(), begun.checkpoint).await {
            Err(StoreError::ForeignCheckpoint { .. }) => false,
            // That the store does not answer is no reason to throw away the work of hours.
            found => found.map(|()| true)?,
        };
        let problems = self.store.problems(begun.model.clone()).await?;
        let lacks = problems.iter().any(|problem| problem.state == ProblemState::Missing);
        Ok(Some(begun).filter(|begun| begun.logic_version == self.projection.version() && belongs && !lacks))
    }

    /// Puts the read model that was built beside in the place of the old one, which is kept as the previous one. `None`: it is
    /// not there any more, or has gone on.
    ///
    /// # Errors
    /// As the store says.
    pub async fn swap(&self, report: &RunReport) -> Result<Option<RunReport>, RuntimeError> {
        let swapped = self.swap_in(report.position).await?;
        Ok(swapped.then(|| RunReport { rebuilt: true, ..report.clone() }))
    }

    /// Whether it was there, up to this position, and is the live one now.
    async fn swap_in(&self, at: Position) -> Result<bool, StoreError> {
        let fields = self.projection.indexed_fields().iter().map(|field| (*field).to_owned()).collect();
        self.store.swap_read_model(self.projection.name(), at, fields).await
    }

    async fn control(&self) -> Result<Control, StoreError> {
        Control::load(self.store, self.projection.name(), (self.clock)()).await
    }

    async fn record(&self, part: Part) -> Result<Option<ProjectionRecord>, StoreError> {
        let records = self.store.projections().await?;
        let name = self.projection.name();
        Ok(records.into_iter().find(|record| record.model.name == name && record.model.part == part))
    }

    fn report(&self, from: Position) -> RunReport {
        let name = self.projection.name().to_owned();
        RunReport { name, from, position: from, events_applied: 0, held_back: 0, paused: false, rebuilt: false }
    }

    async fn run(
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
        let mut told = Told { up_to: start.position, progress };
        loop {
            let pass = Pass::open(self, part, record, weighed).await?;
            match pass.run(to, &mut report, &mut told).await? {
                Ended::AtTheHead(position) => {
                    report.position = position;
                    return Ok(report);
                }
                Ended::Paused(position) => {
                    (report.position, report.paused) = (position, true);
                    return Ok(report);
                }
                Ended::Oversized => {
                    // Once more, with a look at each row after each event: so it comes out which one is too much.
                    weighed = true;
                    record = self.record(part).await?;
                    continue;
                }
                Ended::Overtaken => {}
            }
            // Another runner has moved the checkpoint: go on from there.
            record = self.record(part).await?;
            match &record {
                Some(moved) if moved.logic_version != self.projection.version() => return Err(self.of_other_logic(moved).into()),
                None if part == Part::Live => {
                    let message = format!("read model {} was thrown away meanwhile", self.name());
                    return Err(StoreError::Unavailable { message, source: None }.into());
                }
                None if part == Part::Building => {
                    // It has been swapped in or thrown away by the other one.
                    let live = self.record(Part::Live).await?;
                    report.position = live.map_or(report.position, |live| live.checkpoint.position);
                    return Ok(report);
                }
                _ => {}
            }
        }
    }
}

/// A checkpoint remembers the event it stands on; a restored or different store does not have it there.
///
/// # Errors
/// [`StoreError::ForeignCheckpoint`] when it is not there, or as the store says.
pub async fn check_belongs(store: &Store, projection: &str, checkpoint: Checkpoint) -> Result<(), StoreError> {
    let Checkpoint { position, event_id } = checkpoint;
    let belongs = match event_id {
        // Only before the first event there is none to stand on.
        None => position == Position::ZERO,
        Some(id) => store.event_at(position).await?.is_some_and(|event| event.event_id == id),
    };
    if belongs { Ok(()) } else { Err(StoreError::ForeignCheckpoint { projection: projection.to_owned(), position, event_id }) }
}
