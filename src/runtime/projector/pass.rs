//! One run from the checkpoint to the head.

use std::time::Duration;
use std::time::Instant;

use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::Position;
use crate::event::Timestamp;
use crate::runtime::error::RuntimeError;
use crate::runtime::projector::event_batch::EventBatch;
use crate::runtime::projector::failed_events::EventAction;
use crate::runtime::projector::failed_events::EventFailures;
use crate::runtime::projector::failed_events::FailedEvents;
use crate::runtime::projector::rows::FoldRowsError;
use crate::runtime::projector::rows::FoldedRows;
use crate::runtime::projector::rows::Rows;
use crate::runtime::projector::runner::ProgressMeter;
use crate::runtime::projector::runner::Projector;
use crate::runtime::projector::runner::RunReport;
use crate::store::Checkpoint;
use crate::store::FailedEventState;
use crate::store::Part;
use crate::store::ProjectionRecord;
use crate::store::ReadModel;
use crate::store::ReadQuery;
use crate::store::RowQuery;
use crate::store::StoreError;

/// The number of rows in a part of a build that is read to continue it.
const PRELOADED_ROWS: usize = 5000;

/// The end of a run.
pub(super) enum PassEnd {
    /// All events were applied.
    AtHead(Position),
    /// The projection was paused during the run.
    Paused(Position),
    /// Another runner has moved the checkpoint.
    Overtaken,
    /// A row is too large for the store, and the event that made it so is not known yet.
    Oversized,
}

/// A run under way.
pub(super) struct Pass<'p> {
    pub(super) projector: &'p Projector<'p>,
    pub(super) model: ReadModel,
    pub(super) rows: Rows,
    pub(super) failed_events: FailedEvents,
    /// Number of commits of the read model.
    pub(super) commits: u64,
    /// The time of the last commit.
    pub(super) updated_at: Option<Timestamp>,
    /// The committed checkpoint.
    pub(super) at: Checkpoint,
    /// The checkpoint in memory.
    pub(super) reached: Checkpoint,
    /// Set if rows were read since the last check that they belong to this read model.
    unchecked_rows: bool,
    /// Events that an operator has skipped in the live read model.
    skips: Vec<Uuid>,
    /// Counts since the last commit.
    pub(super) since: Since,
    pub(super) oversized: bool,
    /// The end of the last commit, or the start of the run.
    pub(super) committed: Instant,
    /// The duration of the last commit.
    pub(super) commit_took: Duration,
}

/// Counts since the last commit.
#[derive(Default)]
pub(super) struct Since {
    pub(super) applied: u64,
    pub(super) held_back: u64,
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
        // Read after the record. If the failed events belong to a later commit, the next commit is refused.
        let known = if record.is_some() { projector.store.failed_events(model.clone()).await? } else { Vec::new() };
        // The decisions of an operator remain valid in a rebuild.
        let mut inherited = Vec::new();
        if part == Part::Building && record.is_none() {
            inherited = projector.store.failed_events(ReadModel::live(name)).await?;
            inherited.retain(|problem| problem.state == FailedEventState::Skipped);
        }
        let skips = inherited.iter().map(|problem| problem.event_id).collect();
        let failed_events = FailedEvents::new(projector.control().await?.on_error, known, inherited);
        let rows = Rows::new(at.position == Position::ZERO, weighed);
        let (since, unchecked_rows, oversized, commit_took) = Default::default();
        Ok(Self {
            projector,
            model,
            rows,
            failed_events,
            commits,
            updated_at,
            at,
            reached: at,
            skips,
            unchecked_rows,
            since,
            oversized,
            committed: Instant::now(),
            commit_took,
        })
    }

    /// Returns true for a build whose rows are all kept, so that they can be written at once.
    pub(super) fn is_unbatched_build(&self) -> bool {
        self.model.part == Part::Building && self.projector.options.batch.is_none()
    }

    /// Reads the rows of a build that was begun.
    async fn preload(&mut self) -> Result<(), RuntimeError> {
        let (name, part) = (self.model.name.clone(), self.model.part);
        let mut query = RowQuery { name, part, filters: Vec::new(), after: None, limit: PRELOADED_ROWS };
        loop {
            let rows = self.projector.store.query_rows(query.clone()).await?;
            self.rows.preload(&rows)?;
            match rows.into_iter().next_back() {
                Some((key, _)) => query.after = Some(key),
                None => break,
            }
        }
        self.rows.set_complete();
        self.unchecked_rows = true;
        Ok(())
    }

    pub(super) async fn run(
        mut self,
        to: Option<Position>,
        report: &mut RunReport,
        progress: &mut ProgressMeter<'_>,
    ) -> Result<PassEnd, RuntimeError> {
        if !self.skips.is_empty() && !self.inherit(report).await? {
            return Ok(PassEnd::Overtaken);
        }
        if self.is_unbatched_build() && self.at.position > Position::ZERO {
            self.preload().await?;
        }
        let store = self.projector.store;
        let head = store.head().await?.position;
        let end = to.map_or(head, |to| to.min(head));
        let mut in_batch = 0;
        // All events are read, whether applied or not. So a gap is found, and the checkpoint is at the last event.
        let mut batch = EventBatch::new(store.scan(ReadQuery::all().from(self.at.position.0 + 1).to(end.0)));
        while let Some(events) = batch.next(self.events_a_read()).await? {
            let mut applied = self.apply(events).await;
            if applied.is_ok() && self.is_unbatched_build() {
                applied = self.rows.bound(self.projector.options.memory);
            }
            match applied {
                Ok(()) => {}
                Err(FoldRowsError::Oversized) => return Ok(PassEnd::Oversized),
                // The read model is stopped before the event that failed to apply.
                Err(_) if self.failed_events.changed() && !self.commit(report).await? => return Ok(self.interrupted()),
                Err(FoldRowsError::Failed(error)) => return Err(error),
            }
            in_batch += events.iter().map(EventChunk::len).sum::<usize>();
            progress.reached(self.reached.position);
            if self.is_commit_due(in_batch) {
                in_batch = 0;
                if !self.commit(report).await? {
                    return Ok(self.interrupted());
                }
                if self.model.part == Part::Live && self.projector.control().await?.paused.is_some() {
                    return Ok(PassEnd::Paused(self.at.position));
                }
            }
        }
        // The read model of an empty store exists as well, with its table.
        if (self.reached != self.at || self.commits == 0 || self.failed_events.changed()) && !self.commit(report).await? {
            return Ok(self.interrupted());
        }
        Ok(PassEnd::AtHead(self.at.position))
    }

    /// Commits the skipped events before any event is applied, so that later decisions of an operator affect this read
    /// model too. Returns false if an operator has just reverted a skip; the build then starts over.
    async fn inherit(&mut self, report: &mut RunReport) -> Result<bool, RuntimeError> {
        if !self.commit(report).await? {
            return Ok(false);
        }
        let store = self.projector.store;
        let mut live = store.failed_events(ReadModel::live(&self.model.name)).await?;
        live.retain(|problem| problem.state == FailedEventState::Skipped);
        if self.skips.iter().all(|skip| live.iter().any(|problem| problem.event_id == *skip)) {
            return Ok(true);
        }
        store.drop_read_model(self.model.clone()).await?;
        Ok(false)
    }

    /// Returns the reason why a commit was refused.
    fn interrupted(&self) -> PassEnd {
        if self.oversized { PassEnd::Oversized } else { PassEnd::Overtaken }
    }

    /// Runs as [`Pass::run`] does, up to a position, without a commit. Returns the changed rows and the failed events.
    /// There are no rows if one is too large and the event that made it so is not known.
    pub(super) async fn run_in_memory(mut self, to: Position) -> Result<Option<(FoldedRows, EventFailures)>, RuntimeError> {
        let mut batch = EventBatch::new(self.projector.store.scan(ReadQuery::all().from(self.at.position.0 + 1).to(to.0)));
        while let Some(events) = batch.next(self.events_a_read()).await? {
            match self.apply(events).await {
                Ok(()) => {}
                Err(FoldRowsError::Failed(RuntimeError::Fold { .. })) if self.failed_events.stopped_at().is_some() => break,
                Err(FoldRowsError::Failed(error)) => return Err(error),
                Err(FoldRowsError::Oversized) => return Ok(None),
            }
        }
        if !self.owns_rows().await? {
            let message = format!("read model {} is being rebuilt", self.model.name);
            return Err(StoreError::Unavailable { message, source: None }.into());
        }
        let found = self.failed_events.found();
        match self.rows.into_changed() {
            Ok(rows) => Ok(Some((rows, found))),
            Err(FoldRowsError::Oversized) => Ok(None),
            Err(FoldRowsError::Failed(error)) => Err(error),
        }
    }

    /// Returns the number of events whose rows are read together: those of a commit, or none if no rows are read.
    fn events_a_read(&self) -> usize {
        if self.is_unbatched_build() { 0 } else { self.projector.options.batch.unwrap_or_default().0 }
    }

    async fn apply(&mut self, events: &[EventChunk]) -> Result<(), FoldRowsError> {
        let events = || events.iter().flat_map(EventChunk::iter);
        let keys: Vec<_> = events().map(|event| self.projector.key(&event)).collect();
        self.unchecked_rows |= self.rows.hold(self.projector, &self.model, &keys).await?;
        for (event, key) in events().zip(&keys) {
            if let Some(key) = key {
                match self.failed_events.action(&event) {
                    EventAction::Skip => self.failed_events.passed(&event),
                    EventAction::HoldBack => self.since.held_back += 1,
                    EventAction::Apply => match self.rows.apply(key, &event) {
                        Ok(()) if event.quarantined => self.failed_events.quarantined(&event, (self.projector.clock)()),
                        Ok(()) => {
                            self.failed_events.passed(&event);
                            self.since.applied += 1;
                        }
                        Err(error) => {
                            if !self.failed_events.failed(&event, &error, (self.projector.clock)()) {
                                return Err(error.into());
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

    /// Returns true if the rows that were read belong to the read model of this run. A build may have been swapped in
    /// or deleted in the meantime. Its rows are then gone, and another build at the same checkpoint would accept rows
    /// that were made without them.
    pub(super) async fn owns_rows(&mut self) -> Result<bool, RuntimeError> {
        if !self.unchecked_rows {
            return Ok(true);
        }
        self.unchecked_rows = false;
        let record = self.projector.record(self.model.part).await?;
        Ok(record.is_some_and(|record| {
            (record.checkpoint.position, record.commits, Some(record.updated_at))
                == (self.at.position, self.commits, self.updated_at)
        }))
    }
}
