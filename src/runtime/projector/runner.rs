//! The runner of a projection: its parts, and reading its records.

use std::time::Duration;

use serde::Serialize;

use crate::aggregate::Projection;
use crate::event::Position;
use crate::runtime::clock::Clock;
use crate::runtime::control::Control;
use crate::store::Checkpoint;
use crate::store::Part;
use crate::store::ProjectionRecord;
use crate::store::Store;
use crate::store::StoreError;

/// Called with the number of further positions that were passed.
pub type OnProgress<'p> = &'p mut (dyn FnMut(u64) + Send);

/// The size of a batch: minimum number of events and maximum number of rows, apart from the last chunk. If many events
/// change few rows, a batch has more events, because it would write the same rows again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchSize(pub usize);

impl BatchSize {
    /// Average number of events after which a row may be written again.
    const EVENTS_A_ROW: usize = 100;
    /// Maximum number of events in a batch, as a multiple of the size. They are read again after a crash.
    const MOST: usize = 25;

    /// Returns true if a batch with these events and changed rows is full.
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

/// The options of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunOptions {
    /// The size of a batch. Without one, a run over a live read model has batches of the default size, and a build commits
    /// only after `commit_every`, so that it writes each row once where it can.
    pub batch: Option<BatchSize>,
    /// Approximate memory for the rows of a build without a batch size, in bytes. Rows that do not fit are moved to a
    /// temporary file.
    pub memory: usize,
    /// Minimum time between the commits of a build without a batch size. After a crash, a build repeats the work since its
    /// last commit. It is longer where commits are slow, so that they take a tenth of the time.
    pub commit_every: Duration,
    /// Maximum number of changed rows that a build without a batch size writes into its table. For more, all rows go into
    /// an empty table, which then replaces it.
    pub few_rows: usize,
}

impl RunOptions {
    /// The default of [`RunOptions::memory`].
    pub const MEMORY: usize = 256 << 20;
}

impl Default for RunOptions {
    fn default() -> Self {
        Self { batch: None, memory: Self::MEMORY, commit_every: Duration::from_secs(60), few_rows: 10_000 }
    }
}

impl From<BatchSize> for RunOptions {
    fn from(batch: BatchSize) -> Self {
        Self { batch: Some(batch), ..Self::default() }
    }
}

/// Reports the positions that were passed, each once, even if a run starts over.
pub(super) struct ProgressMeter<'p> {
    pub(super) up_to: Position,
    pub(super) progress: OnProgress<'p>,
}

impl ProgressMeter<'_> {
    pub(super) fn reached(&mut self, position: Position) {
        let more = position.0.saturating_sub(self.up_to.0);
        if more > 0 {
            self.up_to = position;
            (self.progress)(more);
        }
    }
}

/// The report of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RunReport {
    /// The projection.
    pub name: String,
    /// The position at the start.
    pub from: Position,
    /// The position reached.
    pub position: Position,
    /// Number of events that were applied.
    pub events_applied: u64,
    /// Number of events that were held back: failed events and the later events of their streams.
    pub held_back: u64,
    /// True if the projection was paused and did not advance.
    pub paused: bool,
    /// True if the read model was rebuilt and swapped in.
    pub rebuilt: bool,
}

/// Runs one projection.
pub struct Projector<'a> {
    pub(super) store: &'a Store,
    pub(super) projection: &'a dyn Projection,
    /// Empty for all categories.
    pub(super) categories: Vec<String>,
    pub(super) clock: Clock,
    pub(super) options: RunOptions,
}

impl<'a> Projector<'a> {
    /// Creates a runner of a projection over a store.
    pub fn new(store: &'a Store, projection: &'a dyn Projection, clock: Clock, options: impl Into<RunOptions>) -> Self {
        Self { store, projection, categories: projection.categories(), clock, options: options.into() }
    }

    pub(in crate::runtime) fn name(&self) -> &str {
        self.projection.name()
    }

    pub(super) fn build_failed(&self) -> StoreError {
        let message = format!("failed to build read model {}: other runners kept deleting the build", self.name());
        StoreError::Unavailable { message, source: None }
    }

    pub(super) fn logic_mismatch(&self, record: &ProjectionRecord) -> StoreError {
        let (name, own) = (self.projection.name(), self.projection.version());
        let made = record.logic_version;
        StoreError::Unsupported(format!("read model {name} has logic version {made}; this program has version {own}"))
    }

    /// Returns the part of the catalog that changes with a swap: the previous read model, and whether there is a live
    /// one.
    pub(super) async fn swapped(&self) -> Result<(Option<ProjectionRecord>, bool), StoreError> {
        Ok((self.record(Part::Previous).await?, self.record(Part::Live).await?.is_some()))
    }

    pub(super) async fn control(&self) -> Result<Control, StoreError> {
        Control::load(self.store, self.projection.name(), (self.clock)()).await
    }

    pub(super) async fn record(&self, part: Part) -> Result<Option<ProjectionRecord>, StoreError> {
        let records = self.store.projections().await?;
        let name = self.projection.name();
        Ok(records.into_iter().find(|record| record.model.name == name && record.model.part == part))
    }

    pub(super) fn report(&self, from: Position) -> RunReport {
        let name = self.projection.name().to_owned();
        RunReport { name, from, position: from, events_applied: 0, held_back: 0, paused: false, rebuilt: false }
    }
}

/// Checks that a checkpoint belongs to this store. A checkpoint records the id of its last event, which a restored or
/// different store does not have at that position.
///
/// # Errors
/// [`StoreError::ForeignCheckpoint`] if the event is not there.
pub async fn check_belongs(store: &Store, projection: &str, checkpoint: Checkpoint) -> Result<(), StoreError> {
    let Checkpoint { position, event_id } = checkpoint;
    let belongs = match event_id {
        // Before the first event there is no id.
        None => position == Position::ZERO,
        Some(id) => store.event_at(position).await?.is_some_and(|event| event.event_id == id),
    };
    if belongs { Ok(()) } else { Err(StoreError::ForeignCheckpoint { projection: projection.to_owned(), position, event_id }) }
}
