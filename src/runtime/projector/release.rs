//! What an operator says about an event that cannot be taken in: try it again, or leave it out.

use serde::Serialize;
use uuid::Uuid;

use crate::event::Timestamp;
use crate::event::Version;
use crate::runtime::error::RuntimeError;
use crate::runtime::projector::Projector;
use crate::runtime::projector::rows::Rows;
use crate::runtime::projector::troubles::problem;
use crate::store::Part;
use crate::store::Problem;
use crate::store::ProblemChanges;
use crate::store::ProblemState;
use crate::store::ProjectionRecord;
use crate::store::ReadModel;
use crate::store::ReadQuery;
use crate::store::RowsCommit;
use crate::store::StoreError;

/// What came of trying an event again, or leaving it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Released {
    /// The projection.
    pub projection: String,
    /// The event.
    pub event_id: Uuid,
    /// How many events were taken in: it, and those of its stream that were held back.
    pub events_applied: u64,
    /// The event that cannot be taken in now: the same, or a later one of its stream.
    pub problem: Option<Problem>,
    /// It was skipped, and what came after it has been taken in: the read model lacks it until it is rebuilt, and it
    /// stays among the problems until then.
    pub rebuild_needed: bool,
}

impl Projector<'_> {
    /// The problems of a projection, those of a rebuild under way as well.
    ///
    /// # Errors
    /// As the store says.
    pub async fn problems(&self) -> Result<Vec<(Part, Problem)>, RuntimeError> {
        let mut found = Vec::new();
        for part in [Part::Live, Part::Building] {
            let model = ReadModel { name: self.projection.name().to_owned(), part };
            found.extend(self.store.problems(model).await?.into_iter().map(|problem| (part, problem)));
        }
        Ok(found)
    }

    /// Tries an event again that could not be taken in, and then those of its stream that were held back. One that was
    /// skipped is to be taken in again: by the next rebuild, and until then it is [missing](ProblemState::Missing).
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`] when it is no problem of this projection, or as the store says.
    pub async fn retry(&self, event_id: Uuid) -> Result<Released, RuntimeError> {
        self.each_part(event_id, false).await
    }

    /// Leaves an event out, for good: rebuilds do so, too. Those of its stream that were held back are taken in.
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
            // A read model that was swapped in between the two has heard nothing.
            if self.swapped().await? == before {
                break;
            }
        }
        let name = self.projection.name();
        let none = || RuntimeError::NotFound(format!("event {event_id} is no problem of projection {name}"));
        let released = released.ok_or_else(none)?;
        // The read model before the last rebuild may answer again, and be built anew from there.
        self.in_part(Part::Previous, event_id, skip).await?;
        Ok(released)
    }

    /// `None`: it is no problem there.
    async fn in_part(&self, part: Part, event_id: Uuid, skip: bool) -> Result<Option<Released>, RuntimeError> {
        loop {
            let Some(record) = self.record(part).await? else { return Ok(None) };
            // After the record: should they be of a later commit than that, the one made here is refused.
            let problems = self.store.problems(record.model.clone()).await?;
            let Some(found) = problems.iter().find(|problem| problem.event_id == event_id) else { return Ok(None) };
            let left_out = matches!(found.state, ProblemState::Skipped | ProblemState::Missing);
            if part == Part::Previous && !left_out {
                return Ok(None);
            }
            if record.logic_version != self.projection.version() && part != Part::Previous {
                return Err(self.of_other_logic(&record).into());
            }
            if let Some(released) = self.release(&record, found, &problems, skip).await? {
                return Ok(Some(released));
            }
        }
    }

    /// `None`: somebody else has changed the read model meanwhile.
    async fn release(
        &self,
        record: &ProjectionRecord,
        found: &Problem,
        problems: &[Problem],
        skip: bool,
    ) -> Result<Option<Released>, RuntimeError> {
        let now = (self.clock)();
        // The next run begins with it.
        if found.state == ProblemState::Failing && !skip {
            return self.run_again(record, found).await.map(Some);
        }
        let mut work = self.work_out(record, found, problems, skip, false).await?;
        let rows = match work.rows.changed()? {
            Some(rows) => rows,
            // Once more, with a look at each row after each event: so it comes out which one is too much.
            None => {
                work = self.work_out(record, found, problems, skip, true).await?;
                let too_large = || StoreError::Bug("a row that was weighed is too large".into());
                work.rows.changed()?.ok_or_else(too_large)?
            }
        };
        // Rows were read after the record: of one that was swapped in meanwhile, and has come as far, they are others.
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
            problems: work.changes,
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
                && gone_past(record, found, problems)
                && matches!(found.state, ProblemState::Skipped | ProblemState::Missing),
        }))
    }

    /// What becomes of the rows and the problems.
    async fn work_out(
        &self,
        record: &ProjectionRecord,
        found: &Problem,
        problems: &[Problem],
        skip: bool,
        weighed: bool,
    ) -> Result<Work, RuntimeError> {
        let now = (self.clock)();
        let mut work = Work { rows: Rows::new(false, weighed), applied: 0, changes: ProblemChanges::default(), problem: None };
        match (found.state, skip) {
            (ProblemState::Skipped, false) if gone_past(record, found, problems) => {
                work.changes.put.push(now_is(ProblemState::Missing, found, now));
            }
            (ProblemState::Skipped, false) => work.changes.solved.push(found.event_id),
            (_, true) => work.changes.put.push(now_is(ProblemState::Skipped, found, now)),
            (_, false) => {}
        }
        if found.state == ProblemState::Parked {
            let from = if skip { found.version.next() } else { found.version };
            self.take_held_back(record, found, problems, from, &mut work).await?;
        }
        Ok(work)
    }

    /// Runs a read model again that stands before an event.
    async fn run_again(&self, record: &ProjectionRecord, found: &Problem) -> Result<Released, RuntimeError> {
        let part = record.model.part;
        let events_applied = match self.run(part, Some(record.clone()), None, &mut |_| {}).await {
            Ok(report) => report.events_applied,
            Err(RuntimeError::Fold { .. }) => 0,
            Err(error) => return Err(error),
        };
        let problems = self.store.problems(record.model.clone()).await?;
        let problem = problems.into_iter().find(|problem| {
            problem.state == ProblemState::Failing
                || (problem.event_id == found.event_id && problem.state == ProblemState::Parked)
        });
        let projection = self.projection.name().to_owned();
        Ok(Released { projection, event_id: found.event_id, events_applied, problem, rebuild_needed: false })
    }

    /// Takes in the events of a parked stream from a version up to the checkpoint.
    async fn take_held_back(
        &self,
        record: &ProjectionRecord,
        found: &Problem,
        problems: &[Problem],
        from: Version,
        work: &mut Work,
    ) -> Result<(), RuntimeError> {
        let stream = found.stream.parse()?;
        let mut scan = self.store.scan(ReadQuery::stream(stream).from(from.0));
        while let Some(chunk) = scan.next().await? {
            work.rows.hold(self, &record.model, chunk).await?;
            for event in chunk.iter().take_while(|event| event.position <= record.checkpoint.position) {
                let skipped = |problem: &Problem| problem.event_id == event.event_id && problem.state == ProblemState::Skipped;
                let Some(key) = self.key(&event).filter(|_| !problems.iter().any(skipped)) else { continue };
                if let Err(error) = work.rows.apply(&key, &event) {
                    let before = Some(found).filter(|found| found.event_id == event.event_id);
                    let failed = problem(&event, &error, before, ProblemState::Parked, (self.clock)());
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

fn now_is(state: ProblemState, problem: &Problem, now: Timestamp) -> Problem {
    Problem { state, last_at: now, ..problem.clone() }
}

/// Whether a read model has taken in what comes after an event: then it cannot be put in between any more.
fn gone_past(record: &ProjectionRecord, found: &Problem, problems: &[Problem]) -> bool {
    let parks_it = |problem: &Problem| problem.state == ProblemState::Parked && problem.stream == found.stream;
    let held_back = problems.iter().any(|problem| parks_it(problem) && problem.version < found.version);
    found.position <= record.checkpoint.position && !held_back
}

/// What is to be committed.
struct Work {
    rows: Rows,
    applied: u64,
    changes: ProblemChanges,
    problem: Option<Problem>,
}
