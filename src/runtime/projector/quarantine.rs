//! Read models that have passed an event when it is quarantined or released.

use uuid::Uuid;

use crate::event::Position;
use crate::event::RecordedEvent;
use crate::runtime::error::RuntimeError;
use crate::runtime::projector::runner::Projector;
use crate::store::Checkpoint;
use crate::store::FailedEvent;
use crate::store::FailedEventChanges;
use crate::store::FailedEventState;
use crate::store::Part;
use crate::store::ReadModel;
use crate::store::RowsCommit;

impl Projector<'_> {
    /// Returns the name of the projection.
    pub fn projection_name(&self) -> &str {
        self.projection.name()
    }

    /// Marks an event as missing in the read models that have passed it. Returns true if the live one has.
    ///
    /// A read model that has not passed the event gets an empty commit. A runner that has read the event before the
    /// change can then not commit what it made of it.
    pub async fn mark_missing(&self, event: &RecordedEvent, reason: &str) -> Result<bool, RuntimeError> {
        let mut live_has_passed = false;
        for part in Part::ALL {
            // Another runner may commit at the same time.
            loop {
                let Some(record) = self.record(part).await? else {
                    if part == Part::Live && self.key(&event.view()).is_some() && !self.begin().await? {
                        continue;
                    }
                    break;
                };
                let passed = record.checkpoint.position >= event.position && self.key(&event.view()).is_some();
                let now = (self.clock)();
                let missing = FailedEvent {
                    event_id: event.event_id,
                    position: event.position,
                    stream: event.stream.clone(),
                    version: event.version,
                    event_type: event.event_type.clone(),
                    error: reason.to_owned(),
                    attempts: 0,
                    first_at: now,
                    last_at: now,
                    state: FailedEventState::Missing,
                };
                let commit = RowsCommit {
                    model: record.model,
                    logic_version: record.logic_version,
                    from: record.checkpoint.position,
                    commits: Some(record.commits),
                    to: record.checkpoint,
                    rows: Vec::new(),
                    failed_events: FailedEventChanges {
                        put: if passed { vec![missing] } else { Vec::new() },
                        solved: Vec::new(),
                    },
                    now,
                };
                if self.store.commit_rows(commit).await? {
                    live_has_passed |= passed && part == Part::Live;
                    break;
                }
            }
        }
        Ok(live_has_passed)
    }

    /// Creates the live read model without rows. A runner that has read ahead can then not create it from what it has
    /// read. Returns false if another runner has created it.
    async fn begin(&self) -> Result<bool, RuntimeError> {
        let commit = RowsCommit {
            model: ReadModel::live(self.projection.name()),
            logic_version: self.projection.version(),
            from: Position::ZERO,
            commits: Some(0),
            to: Checkpoint::default(),
            rows: Vec::new(),
            failed_events: FailedEventChanges::default(),
            now: (self.clock)(),
        };
        Ok(self.store.commit_rows(commit).await?)
    }

    /// Returns true if the live read model is marked as missing an event.
    pub async fn lacks(&self, event_id: Uuid) -> Result<bool, RuntimeError> {
        let problems = self.store.failed_events(ReadModel::live(self.projection.name())).await?;
        Ok(problems.iter().any(|problem| problem.event_id == event_id && problem.state == FailedEventState::Missing))
    }

    /// Returns true if the projection is stopped at an event.
    pub async fn stops_at(&self, event_id: Uuid) -> Result<bool, RuntimeError> {
        let stops =
            |(_, problem): &(Part, FailedEvent)| problem.event_id == event_id && problem.state == FailedEventState::Failing;
        Ok(self.problems().await?.iter().any(stops))
    }
}
