//! Retrying and skipping failed events, on behalf of an operator.

use serde::Serialize;
use uuid::Uuid;

use crate::event::Timestamp;
use crate::event::Version;
use crate::runtime::error::RuntimeError;
use crate::runtime::projector::failed_events::problem;
use crate::runtime::projector::rows::FoldRowsError;
use crate::runtime::projector::rows::Rows;
use crate::runtime::projector::runner::Projector;
use crate::store::FailedEvent;
use crate::store::FailedEventChanges;
use crate::store::FailedEventState;
use crate::store::Part;
use crate::store::ProjectionRecord;
use crate::store::ReadModel;
use crate::store::ReadQuery;
use crate::store::RowsCommit;
use crate::store::StoreError;

/// The outcome of retrying or skipping an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Released {
    /// The projection.
    pub projection: String,
    /// The event.
    pub event_id: Uuid,
    /// Number of events that were applied: this event, and held-back ones of its stream.
    pub events_applied: u64,
    /// The event that fails to apply now: the same one, or a later one of its stream.
    pub problem: Option<FailedEvent>,
    /// True if the event was skipped and later events have been applied. The read model lacks the event until it is
    /// rebuilt, and it stays listed until then.
    pub rebuild_needed: bool,
}

impl Projector<'_> {
    /// Returns the failed events of a projection, those of a rebuild under way included.
    pub async fn problems(&self) -> Result<Vec<(Part, FailedEvent)>, RuntimeError> {
        let mut found = Vec::new();
        for part in [Part::Live, Part::Building] {
            let model = ReadModel { name: self.projection.name().to_owned(), part };
            found.extend(self.store.failed_events(model).await?.into_iter().map(|problem| (part, problem)));
        }
        Ok(found)
    }

    /// Retries a failed event, followed by the held-back events of its stream. A skipped event is applied by the next
    /// rebuild. Until then it is [missing](FailedEventState::Missing).
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`] if it is not a failed event of this projection.
    pub async fn retry(&self, event_id: Uuid) -> Result<Released, RuntimeError> {
        self.each_part(event_id, false).await
    }

    /// Skips an event permanently, in rebuilds as well. Held-back events of its stream are applied.
    ///
    /// # Errors
    /// As [`Projector::retry`].
    pub async fn skip(&self, event_id: Uuid) -> Result<Released, RuntimeError> {
        self.each_part(event_id, true).await
    }

    async fn each_part(&self, event_id: Uuid, skip: bool) -> Result<Released, RuntimeError> {
        let mut released = None;
        loop {
            let before = self.swapped().await?;
            for part in [Part::Live, Part::Building] {
                let done = self.in_part(part, event_id, skip).await?;
                released = released.or(done);
            }
            // A read model that was swapped in between the two parts has not been changed.
            if self.swapped().await? == before {
                break;
            }
        }
        let name = self.projection.name();
        let none = || RuntimeError::NotFound(format!("event {event_id} is not a failed event of projection {name}"));
        let released = released.ok_or_else(none)?;
        // The previous read model may become live again, and be rebuilt from there.
        self.in_part(Part::Previous, event_id, skip).await?;
        Ok(released)
    }

    /// Releases the event in one read model. `None` if it is not a failed event there.
    async fn in_part(&self, part: Part, event_id: Uuid, skip: bool) -> Result<Option<Released>, RuntimeError> {
        loop {
            let Some(record) = self.record(part).await? else { return Ok(None) };
            // Read after the record. If the failed events belong to a later commit, the commit below is refused.
            let problems = self.store.failed_events(record.model.clone()).await?;
            let Some(found) = problems.iter().find(|problem| problem.event_id == event_id) else { return Ok(None) };
            let left_out = matches!(found.state, FailedEventState::Skipped | FailedEventState::Missing);
            if part == Part::Previous && !left_out {
                return Ok(None);
            }
            if record.logic_version != self.projection.version() && part != Part::Previous {
                return Err(self.logic_mismatch(&record).into());
            }
            if let Some(released) = self.release(&record, found, &problems, skip).await? {
                return Ok(Some(released));
            }
        }
    }

    /// Commits the release. `None` if another program has changed the read model in the meantime.
    async fn release(
        &self,
        record: &ProjectionRecord,
        found: &FailedEvent,
        problems: &[FailedEvent],
        skip: bool,
    ) -> Result<Option<Released>, RuntimeError> {
        let now = (self.clock)();
        // The next run begins with this event.
        if found.state == FailedEventState::Failing && !skip {
            return self.run_again(record, found).await.map(Some);
        }
        let mut work = self.compute(record, found, problems, skip, false).await?;
        let rows = match work.rows.changed() {
            Ok(rows) => rows,
            // Once more, checking the size of each row after each event, to find the event that makes a row too large.
            Err(FoldRowsError::Oversized) => {
                work = self.compute(record, found, problems, skip, true).await?;
                work.rows.changed().map_err(|error| match error {
                    FoldRowsError::Oversized => StoreError::Bug("a row whose size was checked is too large".into()).into(),
                    FoldRowsError::Failed(error) => error,
                })?
            }
            Err(FoldRowsError::Failed(error)) => return Err(error),
        };
        // The rows were read after the record. If a read model with the same checkpoint was swapped in, they are
        // different rows.
        if self.record(record.model.part).await?.as_ref() != Some(record) {
            return Ok(None);
        }
        let commit = RowsCommit {
            model: record.model.clone(),
            logic_version: record.logic_version,
            from: record.checkpoint.position,
            commits: Some(record.commits),
            to: record.checkpoint,
            rows,
            failed_events: work.changes,
            now,
        };
        if !self.store.commit_rows(commit).await? {
            return Ok(None);
        }
        Ok(Some(Released {
            projection: self.projection.name().to_owned(),
            event_id: found.event_id,
            events_applied: work.applied,
            problem: work.problem,
            rebuild_needed: !skip
                && has_passed(record, found, problems)
                && matches!(found.state, FailedEventState::Skipped | FailedEventState::Missing),
        }))
    }

    /// Computes the changes of the rows and failed events.
    async fn compute(
        &self,
        record: &ProjectionRecord,
        found: &FailedEvent,
        problems: &[FailedEvent],
        skip: bool,
        weighed: bool,
    ) -> Result<ReleaseChanges, RuntimeError> {
        let now = (self.clock)();
        let mut work =
            ReleaseChanges { rows: Rows::new(false, weighed), applied: 0, changes: FailedEventChanges::default(), problem: None };
        match (found.state, skip) {
            (FailedEventState::Skipped, false) if has_passed(record, found, problems) => {
                work.changes.put.push(with_state(FailedEventState::Missing, found, now));
            }
            (FailedEventState::Skipped, false) => work.changes.solved.push(found.event_id),
            (_, true) => work.changes.put.push(with_state(FailedEventState::Skipped, found, now)),
            (_, false) => {}
        }
        if found.state == FailedEventState::Parked {
            let from = if skip { found.version.next() } else { found.version };
            self.apply_held_back(record, found, problems, from, &mut work).await?;
        }
        Ok(work)
    }

    /// Runs a stopped read model again.
    async fn run_again(&self, record: &ProjectionRecord, found: &FailedEvent) -> Result<Released, RuntimeError> {
        let part = record.model.part;
        let events_applied = match self.run(part, Some(record.clone()), None, &mut |_| {}).await {
            Ok(report) => report.events_applied,
            Err(RuntimeError::Fold { .. }) => 0,
            Err(error) => return Err(error),
        };
        let problems = self.store.failed_events(record.model.clone()).await?;
        let problem = problems.into_iter().find(|problem| {
            problem.state == FailedEventState::Failing
                || (problem.event_id == found.event_id && problem.state == FailedEventState::Parked)
        });
        let projection = self.projection.name().to_owned();
        Ok(Released { projection, event_id: found.event_id, events_applied, problem, rebuild_needed: false })
    }

    /// Applies the events of a parked stream, from a version up to the checkpoint.
    async fn apply_held_back(
        &self,
        record: &ProjectionRecord,
        found: &FailedEvent,
        problems: &[FailedEvent],
        from: Version,
        work: &mut ReleaseChanges,
    ) -> Result<(), RuntimeError> {
        let stream = found.stream.parse()?;
        let mut scan = self.store.scan(ReadQuery::stream(stream).from(from.0));
        while let Some(chunk) = scan.next().await? {
            let keys: Vec<_> = chunk.iter().map(|event| self.key(&event)).collect();
            work.rows.hold(self, &record.model, &keys).await?;
            let applied = chunk.iter().zip(&keys).take_while(|(event, _)| event.position <= record.checkpoint.position);
            for (event, key) in applied {
                let skipped =
                    |problem: &FailedEvent| problem.event_id == event.event_id && problem.state == FailedEventState::Skipped;
                let Some(key) = key.as_ref().filter(|_| !problems.iter().any(skipped)) else { continue };
                if let Err(error) = work.rows.apply(key, &event) {
                    let before = Some(found).filter(|found| found.event_id == event.event_id);
                    let failed = problem(&event, &error, before, FailedEventState::Parked, (self.clock)());
                    work.changes.put.push(failed.clone());
                    if before.is_none() && !work.changes.put.iter().any(|put| put.event_id == found.event_id) {
                        work.changes.solved.push(found.event_id);
                    }
                    work.problem = Some(failed);
                    return Ok(());
                }
                work.applied += 1;
            }
        }
        if work.changes.put.is_empty() {
            work.changes.solved.push(found.event_id);
        }
        Ok(())
    }
}

fn with_state(state: FailedEventState, problem: &FailedEvent, now: Timestamp) -> FailedEvent {
    FailedEvent { state, last_at: now, ..problem.clone() }
}

/// Returns true if a read model has applied later events, so that this one cannot be applied in order any more.
fn has_passed(record: &ProjectionRecord, found: &FailedEvent, problems: &[FailedEvent]) -> bool {
    let parks_it = |problem: &FailedEvent| problem.state == FailedEventState::Parked && problem.stream == found.stream;
    let held_back = problems.iter().any(|problem| parks_it(problem) && problem.version < found.version);
    found.position <= record.checkpoint.position && !held_back
}

/// The changes to commit.
struct ReleaseChanges {
    rows: Rows,
    applied: u64,
    changes: FailedEventChanges,
    problem: Option<FailedEvent>,
}
