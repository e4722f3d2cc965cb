//! The state of one stream as it was.

use json_patch::Patch;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::broken::BrokenStream;
use crate::ops::changes::Change;
use crate::ops::changes::changes;
use crate::ops::error::OpsError;
use crate::ops::reducer::Reducer;
use crate::ops::replay::until::Until;
use crate::ops::replay::verify::Verified;
use crate::runtime::LoadOptions;
use crate::runtime::Loaded;
use crate::runtime::PassedOver;
use crate::runtime::load_to_report;
use crate::store::Misfit;
use crate::store::ReadQuery;
use crate::store::Store;

/// What to replay.
#[derive(Debug, Clone)]
pub struct Replay {
    /// Which stream.
    pub stream: StreamName,
    /// Up to where.
    pub until: Until,
    /// Also the difference from the state up to there.
    pub diff: Option<Until>,
    /// What makes the state.
    pub reducer: Reducer,
    /// Whether a snapshot may spare the events before it.
    pub snapshots: bool,
    /// What the state is shown for where everything is replayed.
    pub now: Timestamp,
}

/// A state, and how it came about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ReplayReport {
    /// The stream.
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub stream: StreamName,
    /// Its category.
    pub category: String,
    /// The reducer that folded the events: the category's own domain, `merge`, `last`, `count`, or `jq:` and a hash.
    pub reducer: String,
    /// The version of the last event in the state.
    pub version: Version,
    /// The position of the last event in the state.
    pub position: Position,
    /// The moment the state is shown for.
    pub at: Timestamp,
    /// How many events were folded in.
    pub events_applied: u64,
    /// The snapshot they were folded into.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub snapshot_version: Option<Version>,
    /// The state; null where the events make none.
    pub state: Value,
    /// Snapshots that were not trusted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
    /// The ids of quarantined events that the state leaves out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Uuid>,
    /// What has changed since an earlier state.
    #[cfg_attr(feature = "server", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<Diff>,
    /// The reason why there is no state, in a replay of many streams.
    #[cfg_attr(feature = "server", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<BrokenStream>,
    /// What the comparison with the kept states has found.
    #[cfg_attr(feature = "server", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<Verified>,
}

/// The way from another state to this one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Diff {
    /// The version of the other state; 0: before the first event.
    pub from_version: Version,
    /// What makes this state of it (RFC 6902).
    #[cfg_attr(feature = "server", schema(value_type = Vec<Object>))]
    pub patch: Patch,
    /// The same for people.
    #[serde(skip)]
    pub changes: Vec<Change>,
}

/// Replays a stream.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream, [`OpsError::NotThere`] when it was not there yet or does
/// not reach that far, [`OpsError::Invalid`] when the reducer is not for it, or as the store says.
pub async fn replay(store: &Store, input: &Replay) -> Result<ReplayReport, OpsError> {
    let up_to = input.until.existing_version(store, &input.stream).await?;
    replay_to(store, input, up_to).await
}

/// Snapshots of more events than the stream has: it is another one than it was, and they were not even looked at.
async fn beyond_the_end(store: &Store, stream: &StreamName, reducer: &str, end: Version) -> Result<Vec<PassedOver>, OpsError> {
    let (mut found, mut at_most) = (Vec::new(), Version(i64::MAX.unsigned_abs()));
    while let Some(snapshot) = store.snapshot(stream.clone(), reducer.to_owned(), at_most).await?
        && snapshot.version > end
    {
        let place = snapshot.version.0;
        // Else it came in meanwhile, with its event.
        if store.first(ReadQuery::stream(stream.clone()).from(place).to(place)).await?.is_none() {
            found.push(PassedOver { version: snapshot.version, reason: Misfit::NoEvent.to_string() });
        }
        at_most = Version(place - 1);
    }
    Ok(found)
}

/// Replays a stream up to a version that is known.
pub(super) async fn replay_to(store: &Store, input: &Replay, up_to: Version) -> Result<ReplayReport, OpsError> {
    let mut fold = input.reducer.fold(&input.stream)?;
    let options = LoadOptions { up_to, snapshots: input.snapshots };
    let loaded = load_to_report(store, &input.stream, &mut *fold, options).await?;
    let at = input.until.moment(input.now, loaded.recorded_at);
    let mut report = report(&input.stream, fold.version().name, loaded, at, fold.show(at));
    if input.snapshots && input.until == Until::Head {
        let mut beyond = beyond_the_end(store, &input.stream, &fold.version().name, up_to).await?;
        beyond.append(&mut report.passed_over);
        report.passed_over = beyond;
    }
    if let Some(from) = input.diff {
        let (diff, passed_over) = diff(store, input, from, &report.state).await?;
        report.diff = Some(diff);
        let new = passed_over.into_iter().filter(|passed_over| !report.passed_over.contains(passed_over)).collect::<Vec<_>>();
        report.passed_over.extend(new);
    }
    Ok(report)
}

pub(super) fn report(stream: &StreamName, reducer: String, loaded: Loaded, at: Timestamp, state: Value) -> ReplayReport {
    ReplayReport {
        stream: stream.clone(),
        category: stream.category().to_owned(),
        reducer,
        version: loaded.version,
        position: loaded.position,
        at,
        events_applied: loaded.events_applied,
        snapshot_version: loaded.snapshot_version,
        state,
        passed_over: loaded.passed_over,
        left_out: loaded.left_out,
        diff: None,
        broken: None,
        verify: None,
    }
}

/// What has changed since a state that may be of before the stream was, and the snapshots that were not trusted on the way.
async fn diff(store: &Store, input: &Replay, from: Until, state: &Value) -> Result<(Diff, Vec<PassedOver>), OpsError> {
    let from_version = from.version(store, &input.stream).await?;
    let (mut before, mut passed_over) = (Value::Null, Vec::new());
    if from_version > Version::ZERO {
        let mut fold = input.reducer.fold(&input.stream)?;
        let options = LoadOptions { up_to: from_version, snapshots: input.snapshots };
        let loaded = load_to_report(store, &input.stream, &mut *fold, options).await?;
        before = fold.show(from.moment(input.now, loaded.recorded_at));
        passed_over = loaded.passed_over;
    }
    Ok((Diff { from_version, patch: json_patch::diff(&before, state), changes: changes(&before, state) }, passed_over))
}
