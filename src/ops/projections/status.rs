//! How far each projection is, and what that means.

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
use crate::store::Part;
use crate::store::Problem;
use crate::store::ProblemState;
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

    /// Returns the maintainer as a table shows it.
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

/// A projection there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectionInfo {
    /// Its name, and that of its read model.
    pub name: String,
    /// The version of its logic.
    pub version: u32,
    /// The categories whose events it wants; empty: all; none: only the application knows.
    pub categories: Option<Vec<String>>,
    /// True for one that comes with this program.
    pub built_in: bool,
    /// The program that has it.
    pub maintained_by: Maintainer,
}

/// What the numbers of a projection mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProjectionState {
    /// It has taken in everything there is.
    Current,
    /// There are newer events, but none that it wants.
    NothingForIt,
    /// Events that it wants wait.
    Behind,
    /// There are newer events, and only the application that maintains it knows if it wants them.
    PossiblyBehind,
    /// It has never run in this store.
    NeverRun,
    /// Its rows were made by other logic than this program's: the next run rebuilds it.
    Outdated,
    /// Its checkpoint is not of this store.
    Foreign,
    /// It stands before an event that it cannot take in.
    Stopped,
    /// Somebody has paused it.
    Paused,
    /// It goes on, but streams are parked: their rows lack events.
    Parked,
    /// Rows lack events whose skips were taken back, until it is rebuilt.
    Incomplete,
}

impl ProjectionState {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Current,
        Self::NothingForIt,
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

    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::NothingForIt => "nothing_for_it",
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

/// How far a projection is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ProjectionStatus {
    /// Its name.
    pub name: String,
    /// What the numbers mean.
    pub state: ProjectionState,
    /// The last position it has taken in.
    pub position: Position,
    /// The last position there is.
    pub head: Position,
    /// Positions between the two, and the events that are held back.
    pub lag_events: u64,
    /// Seconds since the oldest event that it wants and has not taken in; 0 when there is none.
    pub lag_seconds: f64,
    /// Parked events and the later ones of their streams, up to its position.
    pub held_back_events: u64,
    /// Rows of its read model.
    pub rows: u64,
    /// When its checkpoint last moved.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub updated_at: Option<Timestamp>,
    /// How far a rebuild beside it is, when one is under way or was broken off.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub rebuild_position: Option<Position>,
    /// Since when, by whom and why it is paused.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub paused: Option<Paused>,
    /// What it does at an event that it cannot take in.
    pub on_error: OnError,
    /// Events that it cannot take in, by what became of them.
    pub problems: ProblemCounts,
    /// The position of the event that it stands before.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub stopped_at: Option<Position>,
    /// Events of the store that were recorded more than a minute in the future.
    pub future_events: u64,
    /// Who follows it; nobody: it moves when it is asked or run.
    pub runners: Vec<Runner>,
    /// The program that has the projection.
    pub maintained_by: Maintainer,
}

/// How many events a projection cannot take in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ProblemCounts {
    /// It stands before them.
    pub failing: u64,
    /// They and the later events of their streams are held back.
    pub parked: u64,
    /// They are left out, by an operator's word.
    pub skipped: u64,
    /// They were left out, and that was taken back: the next rebuild takes them in.
    pub missing: u64,
}

/// Returns the projections there are: those of this program, those that the store keeps, and those of applications.
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

/// How far the projections are: one by name, or all.
///
/// # Errors
/// [`RuntimeError::NotFound`](crate::runtime::RuntimeError::NotFound), or as the store says.
pub async fn projection_status(
    store: &Store,
    queries: &QueryBus,
    name: Option<&str>,
    now: Timestamp,
) -> Result<Vec<ProjectionStatus>, OpsError> {
    look_at(store, queries, name, now, true).await
}

/// As [`projection_status`] of all, without a look at the streams that are parked: of each, one event is known to be held back, and
/// the lag is that of the others. However many are parked, this costs little.
///
/// # Errors
/// As the store says.
pub async fn projections_at_a_glance(
    store: &Store,
    queries: &QueryBus,
    now: Timestamp,
) -> Result<Vec<ProjectionStatus>, OpsError> {
    look_at(store, queries, None, now, false).await
}

async fn look_at(
    store: &Store,
    queries: &QueryBus,
    name: Option<&str>,
    now: Timestamp,
    closely: bool,
) -> Result<Vec<ProjectionStatus>, OpsError> {
    let wanted = match name {
        Some(name) => vec![queries.read_model(name)?.clone()],
        None => queries.projections().iter().chain(queries.of_applications()).cloned().collect(),
    };
    // The checkpoints first: what comes in between makes a projection look behind, never ahead.
    let records = store.projections().await?;
    let head = store.head().await?.position;
    let future_events = future_events(store, now).await?.map_or(0, |future| future.events);
    let mut statuses = Vec::with_capacity(wanted.len());
    for projection in wanted {
        let of = |part| records.iter().find(|r| r.model.name == projection.name() && r.model.part == part);
        let maintained_by = Maintainer::of(queries, projection.name());
        let whose = (&*projection, maintained_by);
        statuses.push(status(store, whose, of(Part::Live), of(Part::Building), head, now, closely).await?);
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
    closely: bool,
) -> Result<ProjectionStatus, OpsError> {
    let position = live.map_or(Position::ZERO, |live| live.checkpoint.position);
    let oldest = if position < head { oldest_waiting(store, projection, position).await? } else { None };
    let name = projection.name();
    // One that has never come into being may stand all the same: while it is built.
    let answering = if live.is_some() { ReadModel::live(name) } else { ReadModel::building(name) };
    let Control { paused, on_error, runners } = Control::load(store, name, now).await?;
    let problems = store.problems(answering).await?;
    let count = |state| problems.iter().filter(|problem| problem.state == state).count() as u64;
    let held_back = match closely {
        true => held_back(store, &problems, position).await?,
        false => HeldBack { events: count(ProblemState::Parked), oldest: None },
    };
    let not_taken_in = oldest.into_iter().chain(held_back.oldest).min();
    let stopped_at = problems.iter().find(|problem| problem.state == ProblemState::Failing).map(|problem| problem.position);
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
        Some(_) if count(ProblemState::Parked) > 0 => ProjectionState::Parked,
        Some(_) if count(ProblemState::Missing) > 0 => ProjectionState::Incomplete,
        Some(_) if oldest.is_some() && maintained_by == Maintainer::Application => ProjectionState::PossiblyBehind,
        Some(_) if oldest.is_some() => ProjectionState::Behind,
        Some(_) if position < head => ProjectionState::NothingForIt,
        Some(_) => ProjectionState::Current,
    };
    Ok(ProjectionStatus {
        name: projection.name().to_owned(),
        maintained_by,
        state,
        position,
        head,
        lag_events: head.0.saturating_sub(position.0) + held_back.events,
        lag_seconds: not_taken_in.map_or(0.0, |recorded_at| now.micros_since(recorded_at) as f64 / 1e6),
        held_back_events: held_back.events,
        rows: store.count_rows(ReadModel::live(projection.name())).await?,
        updated_at: live.map(|live| live.updated_at),
        rebuild_position: building.map(|building| building.checkpoint.position),
        paused,
        on_error,
        problems: ProblemCounts {
            failing: count(ProblemState::Failing),
            parked: count(ProblemState::Parked),
            skipped: count(ProblemState::Skipped),
            missing: count(ProblemState::Missing),
        },
        stopped_at,
        future_events: 0,
        runners,
    })
}

/// The events of parked streams that a projection has passed and not taken in.
#[derive(Default)]
struct HeldBack {
    events: u64,
    oldest: Option<Timestamp>,
}

async fn held_back(store: &Store, problems: &[Problem], position: Position) -> Result<HeldBack, OpsError> {
    let mut found = HeldBack::default();
    for parked in problems.iter().filter(|problem| problem.state == ProblemState::Parked) {
        let Ok(stream) = StreamName::parse(&parked.stream) else { continue };
        // Mostly the last event of the stream is one that was passed.
        let last = match store.first(ReadQuery::stream(stream.clone()).backwards()).await? {
            Some(last) if last.position <= position => last.version,
            _ => version_at(store, &stream, position).await?,
        };
        let is_skipped = |problem: &&Problem| {
            problem.state == ProblemState::Skipped && problem.stream == parked.stream && problem.version > parked.version
        };
        let skipped = problems.iter().filter(is_skipped).count() as u64;
        found.events += (last.0 + 1).saturating_sub(parked.version.0 + skipped);
        let event = store.event_at(parked.position).await?;
        found.oldest = found.oldest.into_iter().chain(event.map(|event| event.recorded_at)).min();
    }
    Ok(found)
}

/// When the oldest event was recorded that a projection wants and has not come to.
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
