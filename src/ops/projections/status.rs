//! The status of projections: checkpoint, lag and state.

use std::sync::Arc;

use serde::Serialize;

use crate::aggregate::Projection;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::ops::future::future_events;
use crate::runtime::Control;
use crate::runtime::OnError;
use crate::runtime::Paused;
use crate::runtime::QueryBus;
use crate::runtime::Runner;
use crate::runtime::check_belongs;
use crate::runtime::is_built_in;
use crate::runtime::version_at;
use crate::store::FailedEvent;
use crate::store::FailedEventState;
use crate::store::Part;
use crate::store::ProjectionRecord;
use crate::store::ReadModel;
use crate::store::ReadQuery;
use crate::store::Store;
use crate::store::StoreError;

/// The program that has the projection of a read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Maintainer {
    /// This program: it can run and rebuild the projection.
    Esctl,
    /// An application: only its own program can run and rebuild the projection.
    Application,
}

impl Maintainer {
    /// Returns true for a projection of this program.
    pub(crate) fn is_esctl(&self) -> bool {
        *self == Self::Esctl
    }

    /// Returns the maintainer for a table.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Esctl => "esctl",
            Self::Application => "an application",
        }
    }

    /// Returns the maintainer of a read model.
    fn of(queries: &QueryBus, name: &str) -> Self {
        if queries.is_of_application(name) { Self::Application } else { Self::Esctl }
    }
}

/// A projection of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectionInfo {
    /// The name of the projection and of its read model.
    pub name: String,
    /// The logic version.
    pub version: u32,
    /// The categories whose events it applies; empty: all; none: only the application knows.
    pub categories: Option<Vec<String>>,
    /// True for a projection that is part of this program.
    pub built_in: bool,
    /// The program that has the projection.
    pub maintained_by: Maintainer,
}

/// The state of a projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProjectionState {
    /// All events are applied.
    Current,
    /// There are newer events, but no pending matching ones.
    Idle,
    /// Matching events are pending.
    Behind,
    /// There are newer events. Only the application that maintains the projection knows if they match.
    PossiblyBehind,
    /// The projection has never run in this store.
    NeverRun,
    /// The rows were made by another logic version. The next run rebuilds them.
    Outdated,
    /// The checkpoint is not of this store.
    Foreign,
    /// The projection is stopped at an event that failed to apply.
    Stopped,
    /// An operator has paused the projection.
    Paused,
    /// The projection runs, but streams are parked and their rows lack events.
    Parked,
    /// Rows lack events whose skips were reverted. A rebuild applies them.
    Incomplete,
}

impl ProjectionState {
    /// All states.
    pub const ALL: [Self; 11] = [
        Self::Current,
        Self::Idle,
        Self::Behind,
        Self::PossiblyBehind,
        Self::NeverRun,
        Self::Outdated,
        Self::Foreign,
        Self::Stopped,
        Self::Paused,
        Self::Parked,
        Self::Incomplete,
    ];

    /// Returns the name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Idle => "idle",
            Self::Behind => "behind",
            Self::PossiblyBehind => "possibly_behind",
            Self::NeverRun => "never_run",
            Self::Outdated => "outdated",
            Self::Foreign => "foreign",
            Self::Stopped => "stopped",
            Self::Paused => "paused",
            Self::Parked => "parked",
            Self::Incomplete => "incomplete",
        }
    }
}

/// The status of a projection.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ProjectionStatus {
    /// The name of the projection.
    pub name: String,
    /// The state of the projection.
    pub state: ProjectionState,
    /// The last position that was applied.
    pub position: Position,
    /// The last position of the store.
    pub head: Position,
    /// The number of positions between the two, and of events that are held back.
    pub lag_events: u64,
    /// The seconds since the oldest matching event that is not applied; 0 if there is none.
    pub lag_seconds: f64,
    /// True if a matching event is not applied, also one whose time is in the future.
    #[serde(skip)]
    pub waits: bool,
    /// The number of parked events and of later events of their streams, up to the checkpoint.
    pub held_back_events: u64,
    /// The number of rows of the read model.
    pub rows: u64,
    /// The time at which the checkpoint last moved.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub updated_at: Option<Timestamp>,
    /// The position of a rebuild that is in progress or was interrupted.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub rebuild_position: Option<Position>,
    /// The time, client and reason of a pause.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub paused: Option<Paused>,
    /// The policy on events that fail to apply.
    pub on_error: OnError,
    /// The number of failed events, by state.
    pub problems: ProblemCounts,
    /// The position of the event at which the projection is stopped.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub stopped_at: Option<Position>,
    /// The number of events of the store that were recorded more than a minute in the future.
    pub future_events: u64,
    /// The programs that follow the projection; empty: it advances when it is queried or run.
    pub runners: Vec<Runner>,
    /// The program that has the projection.
    pub maintained_by: Maintainer,
}

/// The number of failed events, by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ProblemCounts {
    /// Events at which the projection is stopped.
    pub failing: u64,
    /// Events that are held back with the later ones of their streams.
    pub parked: u64,
    /// Events that an operator has left out.
    pub skipped: u64,
    /// Events whose skips were reverted. The next rebuild applies them.
    pub missing: u64,
}

/// Returns all projections: those of this program, stored ones, and those of applications.
pub fn list_projections(queries: &QueryBus) -> Vec<ProjectionInfo> {
    let info = |projection: &Arc<dyn Projection>| {
        let maintained_by = Maintainer::of(queries, projection.name());
        ProjectionInfo {
            name: projection.name().to_owned(),
            version: projection.version(),
            categories: (maintained_by == Maintainer::Esctl).then(|| projection.categories()),
            built_in: is_built_in(projection.name()),
            maintained_by,
        }
    };
    queries.projections().iter().chain(queries.of_applications()).map(info).collect()
}

/// Reads the status of projections, of one by name or of all.
///
/// # Errors
/// [`RuntimeError::NotFound`](crate::runtime::RuntimeError::NotFound) when there is no such projection.
pub async fn projection_status(
    store: &Store,
    queries: &QueryBus,
    name: Option<&str>,
    now: Timestamp,
) -> Result<Vec<ProjectionStatus>, OpsError> {
    read_statuses(store, queries, name, now, true).await
}

/// Reads the status of all projections without reading parked streams. For each, one event counts as held back, and the lag is
/// that of the other events. The cost does not depend on the number of parked streams.
pub async fn projections_at_a_glance(
    store: &Store,
    queries: &QueryBus,
    now: Timestamp,
) -> Result<Vec<ProjectionStatus>, OpsError> {
    read_statuses(store, queries, None, now, false).await
}

async fn read_statuses(
    store: &Store,
    queries: &QueryBus,
    name: Option<&str>,
    now: Timestamp,
    with_parked: bool,
) -> Result<Vec<ProjectionStatus>, OpsError> {
    let wanted = match name {
        Some(name) => vec![queries.read_model(name)?.clone()],
        None => queries.projections().iter().chain(queries.of_applications()).cloned().collect(),
    };
    // Checkpoints are read before the head, so a projection may look behind, but never ahead.
    let records = store.projections().await?;
    let head = store.head().await?.position;
    let future_events = future_events(store, now).await?.map_or(0, |future| future.events);
    let mut statuses = Vec::with_capacity(wanted.len());
    for projection in wanted {
        let of = |part| records.iter().find(|r| r.model.name == projection.name() && r.model.part == part);
        let maintained_by = Maintainer::of(queries, projection.name());
        let subject = (&*projection, maintained_by);
        statuses.push(status(store, subject, of(Part::Live), of(Part::Building), head, now, with_parked).await?);
    }
    for status in &mut statuses {
        status.future_events = future_events;
    }
    Ok(statuses)
}

async fn status(
    store: &Store,
    (projection, maintained_by): (&dyn Projection, Maintainer),
    live: Option<&ProjectionRecord>,
    building: Option<&ProjectionRecord>,
    head: Position,
    now: Timestamp,
    with_parked: bool,
) -> Result<ProjectionStatus, OpsError> {
    let position = live.map_or(Position::ZERO, |live| live.checkpoint.position);
    let oldest = if position < head { oldest_waiting(store, projection, position).await? } else { None };
    let name = projection.name();
    // A read model that was never completed may be stopped while it is built.
    let answering = if live.is_some() { ReadModel::live(name) } else { ReadModel::building(name) };
    let Control { paused, on_error, runners } = Control::load(store, name, now).await?;
    let failed = store.failed_events(answering).await?;
    let count = |state| failed.iter().filter(|event| event.state == state).count() as u64;
    let held_back = match with_parked {
        true => held_back(store, &failed, position).await?,
        false => HeldBack { events: count(FailedEventState::Parked), oldest: None },
    };
    let oldest_pending = oldest.into_iter().chain(held_back.oldest).min();
    let stopped_at = failed.iter().find(|event| event.state == FailedEventState::Failing).map(|event| event.position);
    let belongs = check_belongs(store, name, live.map(|live| live.checkpoint).unwrap_or_default()).await;
    let foreign = match belongs {
        Err(StoreError::ForeignCheckpoint { .. }) => true,
        belongs => belongs.map(|()| false)?,
    };
    let state = match live {
        Some(_) if foreign => ProjectionState::Foreign,
        _ if paused.is_some() => ProjectionState::Paused,
        _ if stopped_at.is_some() => ProjectionState::Stopped,
        None => ProjectionState::NeverRun,
        Some(live) if live.logic_version != projection.version() => ProjectionState::Outdated,
        Some(_) if count(FailedEventState::Parked) > 0 => ProjectionState::Parked,
        Some(_) if count(FailedEventState::Missing) > 0 => ProjectionState::Incomplete,
        Some(_) if oldest.is_some() && maintained_by == Maintainer::Application => ProjectionState::PossiblyBehind,
        Some(_) if oldest.is_some() => ProjectionState::Behind,
        Some(_) if position < head => ProjectionState::Idle,
        Some(_) => ProjectionState::Current,
    };
    Ok(ProjectionStatus {
        name: projection.name().to_owned(),
        maintained_by,
        state,
        position,
        head,
        lag_events: head.0.saturating_sub(position.0) + held_back.events,
        waits: oldest_pending.is_some(),
        lag_seconds: oldest_pending.map_or(0.0, |recorded_at| now.micros_since(recorded_at) as f64 / 1e6),
        held_back_events: held_back.events,
        rows: store.count_rows(ReadModel::live(projection.name())).await?,
        updated_at: live.map(|live| live.updated_at),
        rebuild_position: building.map(|building| building.checkpoint.position),
        paused,
        on_error,
        problems: ProblemCounts {
            failing: count(FailedEventState::Failing),
            parked: count(FailedEventState::Parked),
            skipped: count(FailedEventState::Skipped),
            missing: count(FailedEventState::Missing),
        },
        stopped_at,
        future_events: 0,
        runners,
    })
}

/// The events of parked streams that a projection has passed without applying them.
#[derive(Default)]
struct HeldBack {
    events: u64,
    oldest: Option<Timestamp>,
}

async fn held_back(store: &Store, failed: &[FailedEvent], position: Position) -> Result<HeldBack, OpsError> {
    let mut found = HeldBack::default();
    for parked in failed.iter().filter(|event| event.state == FailedEventState::Parked) {
        let Ok(stream) = StreamName::parse(&parked.stream) else { continue };
        // The last event of the stream has usually been passed.
        let last = match store.first(ReadQuery::stream(stream.clone()).backwards()).await? {
            Some(last) if last.position <= position => last.version,
            _ => version_at(store, &stream, position).await?,
        };
        let is_skipped = |event: &&FailedEvent| {
            event.state == FailedEventState::Skipped && event.stream == parked.stream && event.version > parked.version
        };
        let skipped = failed.iter().filter(is_skipped).count() as u64;
        found.events += (last.0 + 1).saturating_sub(parked.version.0 + skipped);
        let event = store.event_at(parked.position).await?;
        found.oldest = found.oldest.into_iter().chain(event.map(|event| event.recorded_at)).min();
    }
    Ok(found)
}

/// Returns the time of the oldest matching event after a position.
async fn oldest_waiting(store: &Store, projection: &dyn Projection, after: Position) -> Result<Option<Timestamp>, OpsError> {
    let waiting = ReadQuery::all().from(after.0 + 1).categories(projection.categories());
    let mut scan = store.scan(waiting);
    while let Some(chunk) = scan.next().await? {
        if let Some(event) = chunk.iter().find(|event| projection.key(event).is_some()) {
            return Ok(Some(event.recorded_at));
        }
    }
    Ok(None)
}
