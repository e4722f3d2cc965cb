//! One run from the checkpoint to the head.

use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::Position;
use crate::event::Timestamp;
use crate::runtime::error::RuntimeError;
use crate::runtime::projector::Projector;
use crate::runtime::projector::RunReport;
use crate::runtime::projector::Told;
use crate::runtime::projector::rows::FoldedRows;
use crate::runtime::projector::rows::Rows;
use crate::runtime::projector::troubles::FoundProblems;
use crate::runtime::projector::troubles::Troubles;
use crate::runtime::projector::troubles::Verdict;
use crate::store::Checkpoint;
use crate::store::Part;
use crate::store::ProblemState;
use crate::store::ProjectionRecord;
use crate::store::ReadModel;
use crate::store::ReadQuery;
use crate::store::RowsCommit;
use crate::store::StoreError;

/// How a run ended.
pub(super) enum Ended {
    /// It has taken in what there was.
    AtTheHead(Position),
    /// Somebody has paused the projection meanwhile.
    Paused(Position),
    /// Somebody else has moved the checkpoint.
    Overtaken,
    /// A row is too large for the store, and nobody knows yet which event made it so.
    Oversized,
}

/// A run under way.
pub(super) struct Pass<'p> {
    projector: &'p Projector<'p>,
    model: ReadModel,
    rows: Rows,
    troubles: Troubles,
    /// How many commits have made the read model.
    commits: u64,
    /// When the last of them was.
    updated_at: Option<Timestamp>,
    /// As it is committed.
    at: Checkpoint,
    /// As it is in memory.
    reached: Checkpoint,
    /// Whether rows were read since it was last sure that they are those of this read model.
    looked: bool,
    /// Events that are left out because they are in the live read model.
    skips: Vec<Uuid>,
    /// What was taken in since the last commit.
    since: Since,
    oversized: bool,
}

#[derive(Default)]
struct Since {
    applied: u64,
    held_back: u64,
}

impl<'p> Pass<'p> {
    pub(super) async fn open(
        projector: &'p Projector<'p>,
        part: Part,
        record: Option<ProjectionRecord>,
        weighed: bool,
    ) -> Result<Self, RuntimeError> {
        let name = projector.projection.name();
        let model = ReadModel { name: name.to_owned(), part };
        let at = record.as_ref().map_or_else(Checkpoint::default, |record| record.checkpoint);
        let commits = record.as_ref().map_or(0, |record| record.commits);
        let updated_at = record.as_ref().map(|record| record.updated_at);
        // After the record: should they be of a later commit than that, the next one is refused.
        let known = if record.is_some() { projector.store.problems(model.clone()).await? } else { Vec::new() };
        // What an operator has decided outlives a rebuild.
        let mut inherited = Vec::new();
        if part == Part::Building && record.is_none() {
            inherited = projector.store.problems(ReadModel::live(name)).await?;
            inherited.retain(|problem| problem.state == ProblemState::Skipped);
        }
        let skips = inherited.iter().map(|problem| problem.event_id).collect();
        let troubles = Troubles::new(projector.control().await?.on_error, known, inherited);
        let rows = Rows::new(at.position == Position::ZERO, weighed);
        let (since, looked, oversized) = Default::default();
        Ok(Self { projector, model, rows, troubles, commits, updated_at, at, reached: at, skips, looked, since, oversized })
    }

    pub(super) async fn run(
        mut self,
        to: Option<Position>,
        report: &mut RunReport,
        told: &mut Told<'_>,
    ) -> Result<Ended, RuntimeError> {
        if !self.skips.is_empty() && !self.inherit(report).await? {
            return Ok(Ended::Overtaken);
        }
        let store = self.projector.store;
        let head = store.head().await?.position;
        let end = to.map_or(head, |to| to.min(head));
        let mut in_batch = 0;
        // All events are read, wanted or not: so a gap shows, and the checkpoint stands on the last event there is.
        let mut scan = store.scan(ReadQuery::all().from(self.at.position.0 + 1).to(end.0));
        while let Some(chunk) = scan.next().await? {
            match self.take_in(chunk).await {
                Ok(()) => {}
                // It stands right before what it cannot take in.
                Err(_) if self.troubles.changed() && !self.commit(report).await? => return Ok(self.broken_off()),
                Err(error) => return Err(error),
            }
            in_batch += chunk.len();
            told.reached(self.reached.position);
            if self.projector.batch.is_full(in_batch, self.rows.changes()) {
                in_batch = 0;
                if !self.commit(report).await? {
                    return Ok(self.broken_off());
                }
                if self.model.part == Part::Live && self.projector.control().await?.paused.is_some() {
                    return Ok(Ended::Paused(self.at.position));
                }
            }
        }
        // A read model of a store without events is still one, with its table.
        if (self.reached != self.at || self.commits == 0 || self.troubles.changed()) && !self.commit(report).await? {
            return Ok(self.broken_off());
        }
        Ok(Ended::AtTheHead(self.at.position))
    }

    /// Writes down what is left out before anything is taken in: so what an operator says from here on is said of this read
    /// model, too. `false`: he has taken something back just before; it is to be begun anew.
    async fn inherit(&mut self, report: &mut RunReport) -> Result<bool, RuntimeError> {
        if !self.commit(report).await? {
            return Ok(false);
        }
        let store = self.projector.store;
        let mut live = store.problems(ReadModel::live(&self.model.name)).await?;
        live.retain(|problem| problem.state == ProblemState::Skipped);
        if self.skips.iter().all(|skip| live.iter().any(|problem| problem.event_id == *skip)) {
            return Ok(true);
        }
        store.drop_read_model(self.model.clone()).await?;
        Ok(false)
    }

    /// Why a commit was not made.
    fn broken_off(&self) -> Ended {
        if self.oversized { Ended::Oversized } else { Ended::Overtaken }
    }

    /// Runs as [`Pass::run`], up to a position, without a commit. Returns the rows that it has changed, and the problems it has
    /// met. There are no rows where one is too large for a store and it is not known which event made it so.
    pub(super) async fn run_in_memory(mut self, to: Position) -> Result<(Option<FoldedRows>, FoundProblems), RuntimeError> {
        let mut scan = self.projector.store.scan(ReadQuery::all().from(self.at.position.0 + 1).to(to.0));
        while let Some(chunk) = scan.next().await? {
            match self.take_in(chunk).await {
                Err(RuntimeError::Fold { .. }) if self.troubles.stands_before().is_some() => break,
                result => result?,
            }
        }
        if !self.rows_are_its_own().await? {
            let message = format!("read model {} is being built anew", self.model.name);
            return Err(StoreError::Unavailable { message, source: None }.into());
        }
        let found = self.troubles.found();
        Ok((self.rows.into_changed()?, found))
    }

    async fn take_in(&mut self, chunk: &EventChunk) -> Result<(), RuntimeError> {
        self.looked |= self.rows.hold(self.projector, &self.model, chunk).await?;
        for event in chunk.iter() {
            if let Some(key) = self.projector.key(&event) {
                match self.troubles.verdict(&event) {
                    Verdict::Skip => self.troubles.passed(&event),
                    Verdict::HoldBack => self.since.held_back += 1,
                    Verdict::Apply => match self.rows.apply(&key, &event) {
                        Ok(()) if event.quarantined => self.troubles.quarantined(&event, (self.projector.clock)()),
                        Ok(()) => {
                            self.troubles.passed(&event);
                            self.since.applied += 1;
                        }
                        Err(error) => {
                            if !self.troubles.failed(&event, &error, (self.projector.clock)()) {
                                return Err(error);
                            }
                            self.since.held_back += 1;
                        }
                    },
                }
            }
            self.reached = Checkpoint { position: event.position, event_id: Some(event.event_id) };
        }
        Ok(())
    }

    /// Whether the rows that were read are those of the read model that this goes on from. One that is built beside may have
    /// been swapped in or thrown away meanwhile: its rows are then nowhere, and another one that has come as far would take what
    /// was made without them. One that is gone does not come back.
    async fn rows_are_its_own(&mut self) -> Result<bool, RuntimeError> {
        if !self.looked {
            return Ok(true);
        }
        self.looked = false;
        let record = self.projector.record(self.model.part).await?;
        Ok(record.is_some_and(|record| {
            (record.checkpoint.position, record.commits, Some(record.updated_at))
                == (self.at.position, self.commits, self.updated_at)
        }))
    }

    /// `false`: somebody else has moved the checkpoint, it is another read model than when this began, or a row is too large.
    async fn commit(&mut self, report: &mut RunReport) -> Result<bool, RuntimeError> {
        if !self.rows_are_its_own().await? {
            return Ok(false);
        }
        let Some(rows) = self.rows.changed()? else {
            self.oversized = true;
            return Ok(false);
        };
        let now = (self.projector.clock)();
        let commit = RowsCommit {
            model: self.model.clone(),
            logic_version: self.projector.projection.version(),
            from: self.at.position,
            commits: Some(self.commits),
            to: self.reached,
            rows,
            problems: self.troubles.changes(),
            now,
        };
        let done = self.projector.store.commit_rows(commit).await?;
        if done {
            let since = std::mem::take(&mut self.since);
            report.events_applied += since.applied;
            report.held_back += since.held_back;
            // The event that was too much is behind.
            self.rows.weigh(false);
        }
        (self.at, self.commits, self.updated_at) = (self.reached, self.commits + 1, Some(now));
        Ok(done)
    }
}
