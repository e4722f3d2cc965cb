//! The projection runner: reads in order, folds rows, writes rows and checkpoint together.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Serialize;

use crate::aggregate::Fold;
use crate::aggregate::Projection;
use crate::event::EventChunk;
use crate::event::EventView;
use crate::event::Position;
use crate::runtime::Clock;
use crate::runtime::error::RuntimeError;
use crate::runtime::load::apply;
use crate::store::Checkpoint;
use crate::store::Part;
use crate::store::ProblemChanges;
use crate::store::ProjectionRecord;
use crate::store::ReadModel;
use crate::store::ReadQuery;
use crate::store::RowsCommit;
use crate::store::Store;
use crate::store::StoreError;

/// How many events go into one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchSize(pub usize);

impl Default for BatchSize {
    fn default() -> Self {
        Self(10_000)
    }
}

/// Rows kept in memory between batches, so that a busy row is not read again for each.
const MAX_ROWS_HELD: usize = 20_000;

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunReport {
    /// The projection.
    pub name: String,
    /// Where it began.
    pub from: Position,
    /// Where it is now.
    pub position: Position,
    /// How many events went into rows.
    pub events_applied: u64,
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

/// Rows of the current batches.
#[derive(Default)]
struct Rows {
    held: HashMap<String, HeldRow>,
    /// Whether a key that is not held has no row at all: all rows since the beginning are held.
    complete: bool,
}

struct HeldRow {
    fold: Box<dyn Fold>,
    changed: bool,
}

impl<'a> Projector<'a> {
    /// A runner for a projection over a store.
    pub fn new(store: &'a Store, projection: &'a dyn Projection, clock: Clock, batch: BatchSize) -> Self {
        Self { store, projection, categories: projection.categories(), clock, batch }
    }

    /// Takes in everything up to the head. A read model that is not there, or made by other logic, is built
    /// beside and swapped in. `progress` is told how many positions were passed.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when the checkpoint is not of this store; [`StoreError::Unsupported`] when a newer
    /// program has made the read model; [`RuntimeError::Fold`] when an event cannot be taken in: the read model then
    /// stays before it.
    pub async fn catch_up(&self, progress: &mut (dyn FnMut(u64) + Send)) -> Result<RunReport, RuntimeError> {
        match self.record(Part::Live).await? {
            Some(live) if live.logic_version == self.projection.version() => self.run(Part::Live, Some(live), progress).await,
            // An older program must not undo what a newer one has made; the newer one does it the other way round.
            Some(live) if live.logic_version > self.projection.version() => Err(self.of_other_logic(&live).into()),
            _ => self.rebuild(progress).await,
        }
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
    pub async fn rebuild(&self, progress: &mut (dyn FnMut(u64) + Send)) -> Result<RunReport, RuntimeError> {
        let mut begun = self.record(Part::Building).await?.filter(|record| record.logic_version == self.projection.version());
        if let Some(record) = &begun
            && check_belongs(self.store, self.projection.name(), record.checkpoint).await.is_err()
        {
            begun = None;
        }
        if begun.is_none() {
            self.store.drop_read_model(ReadModel::building(self.projection.name())).await?;
        }
        let mut report = self.run(Part::Building, begun, progress).await?;
        let fields = self.projection.indexed_fields().iter().map(|field| (*field).to_owned()).collect();
        // When it is no longer there, somebody else has finished the same work.
        self.store.swap_read_model(self.projection.name(), report.position, fields).await?;
        report.rebuilt = true;
        Ok(report)
    }

    async fn record(&self, part: Part) -> Result<Option<ProjectionRecord>, StoreError> {
        let records = self.store.projections().await?;
        let name = self.projection.name();
        Ok(records.into_iter().find(|record| record.model.name == name && record.model.part == part))
    }

    async fn run(
        &self,
        part: Part,
        mut record: Option<ProjectionRecord>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<RunReport, RuntimeError> {
        let start = record.as_ref().map_or_else(Checkpoint::default, |record| record.checkpoint);
        check_belongs(self.store, self.projection.name(), start).await?;
        let name = self.projection.name();
        let model = ReadModel { name: name.to_owned(), part };
        let mut report = RunReport {
            name: name.to_owned(),
            from: start.position,
            position: start.position,
            events_applied: 0,
            rebuilt: false,
        };
        loop {
            let reached = self.run_from(&model, record.as_ref(), &mut report, progress).await?;
            if let Some(reached) = reached {
                report.position = reached;
                return Ok(report);
            }
            // Another runner has moved the checkpoint: go on from there.
            record = self.record(part).await?;
            match &record {
                Some(moved) if moved.logic_version != self.projection.version() => return Err(self.of_other_logic(moved).into()),
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

    /// Runs to the head. `None`: somebody else moved the checkpoint.
    async fn run_from(
        &self,
        model: &ReadModel,
        record: Option<&ProjectionRecord>,
        report: &mut RunReport,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Option<Position>, RuntimeError> {
        let start = record.map_or_else(Checkpoint::default, |record| record.checkpoint);
        let mut rows = Rows { held: HashMap::new(), complete: start.position == Position::ZERO };
        let head = self.store.head().await?.position;
        let mut at = start;
        let mut reached = start;
        let mut in_batch = 0;
        // All events are read, wanted or not: so a gap shows, and the checkpoint stands on the last event there is.
        let mut scan = self.store.scan(ReadQuery::all().from(start.position.0 + 1).to(head.0));
        while let Some(chunk) = scan.next().await? {
            report.events_applied += self.take_in(model, &mut rows, chunk).await?;
            if let Some(last) = chunk.last() {
                reached = Checkpoint { position: last.position, event_id: Some(last.event_id) };
            }
            in_batch += chunk.len();
            progress(chunk.len() as u64);
            if in_batch >= self.batch.0 {
                in_batch = 0;
                if !self.commit(model, &mut rows, at.position, reached).await? {
                    return Ok(None);
                }
                at = reached;
            }
        }
        // A read model of a store without events is still one, with its table.
        let made = record.is_some() || at.position > Position::ZERO;
        if (reached != at || !made) && !self.commit(model, &mut rows, at.position, reached).await? {
            return Ok(None);
        }
        Ok(Some(reached.position))
    }

    async fn take_in(&self, model: &ReadModel, rows: &mut Rows, chunk: &EventChunk) -> Result<u64, RuntimeError> {
        self.hold_rows(model, rows, chunk).await?;
        let mut applied = 0;
        for event in chunk.iter() {
            let Some(key) = self.key(&event) else { continue };
            let Some(row) = rows.held.get_mut(&*key) else { continue };
            apply(&mut *row.fold, &event)?;
            row.changed = true;
            applied += 1;
        }
        Ok(applied)
    }

    /// The key of the row an event goes to, if the projection wants it.
    fn key<'e>(&self, event: &EventView<'e>) -> Option<Cow<'e, str>> {
        let wanted = self.categories.is_empty() || self.categories.iter().any(|category| category == event.category());
        if wanted { self.projection.key(event) } else { None }
    }

    /// Makes sure that the row of each event of a chunk is held.
    async fn hold_rows(&self, model: &ReadModel, rows: &mut Rows, chunk: &EventChunk) -> Result<(), RuntimeError> {
        let mut unknown = Vec::new();
        for event in chunk.iter() {
            let Some(key) = self.key(&event) else { continue };
            if !rows.held.contains_key(&*key) {
                let fold = self.projection.row(&key);
                rows.held.insert(key.clone().into_owned(), HeldRow { fold, changed: false });
                if !rows.complete {
                    unknown.push(key.into_owned());
                }
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        let found = self.store.rows(model.clone(), unknown.clone()).await?;
        for (key, row) in unknown.iter().zip(found) {
            if let (Some(held), Some(row)) = (rows.held.get_mut(key), row) {
                held.fold.restore(&row).map_err(RuntimeError::State)?;
            }
        }
        Ok(())
    }

    async fn commit(&self, model: &ReadModel, rows: &mut Rows, from: Position, to: Checkpoint) -> Result<bool, RuntimeError> {
        let mut changed = Vec::new();
        for (key, row) in rows.held.iter_mut().filter(|(_, row)| row.changed) {
            changed.push((key.clone(), row.fold.save().map_err(RuntimeError::State)?));
            row.changed = false;
        }
        // In the order of the keys pages of the table are written once.
        changed.sort_unstable();
        if rows.held.len() > MAX_ROWS_HELD {
            rows.held.clear();
            rows.complete = false;
        }
        let commit = RowsCommit {
            model: model.clone(),
            logic_version: self.projection.version(),
            from,
            to,
            rows: changed,
            commits: None,
            problems: ProblemChanges::default(),
            now: (self.clock)(),
        };
        Ok(self.store.commit_rows(commit).await?)
    }
}

/// A checkpoint remembers the event it stands on; a restored or different store does not have it there.
///
/// # Errors
/// [`StoreError::Integrity`] when it is not there, or as the store says.
pub async fn check_belongs(store: &Store, projection: &str, checkpoint: Checkpoint) -> Result<(), StoreError> {
    let Some(id) = checkpoint.event_id else { return Ok(()) };
    let position = checkpoint.position;
    if store.event_at(position).await?.is_some_and(|event| event.event_id == id) {
        return Ok(());
    }
    Err(StoreError::integrity(format!(
        "the checkpoint of projection {projection} at position {position} is not of this store: event {id} is not there"
    )))
}
