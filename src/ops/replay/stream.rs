//! Replay of a stream: its state at a point in time.

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
use crate::ops::replay::point_in_time::PointInTime;
use crate::ops::verify::verified::Verified;
use crate::runtime::LoadOptions;
use crate::runtime::Loaded;
use crate::runtime::PassedOver;
use crate::runtime::load_to_report;
use crate::store::ReadQuery;
use crate::store::SnapshotMismatch;
use crate::store::Store;

/// The input of a replay.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The stream.
    pub stream: StreamName,
    /// The end of the replay.
    pub until: PointInTime,
    /// An earlier point to compare the state with.
    pub diff: Option<PointInTime>,
    /// The reducer that makes the state.
    pub reducer: Reducer,
    /// True if a snapshot may replace the events before it.
    pub snapshots: bool,
    /// The moment that the state is shown for if everything is replayed.
    pub now: Timestamp,
}

/// The outcome of a replay: the state, and the events it is made of.
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
    /// The moment that the state is shown for.
    pub at: Timestamp,
    /// The number of events that were applied.
    pub events_applied: u64,
    /// The version of the snapshot that they were applied to.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub snapshot_version: Option<Version>,
    /// The state; null if the events make none.
    pub state: Value,
    /// Snapshots that were not trusted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
    /// The ids of quarantined events that the state leaves out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Uuid>,
    /// The difference from the earlier state.
    #[cfg_attr(feature = "server", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<Diff>,
    /// The reason why the stream failed to replay, in a replay of many streams.
    #[cfg_attr(feature = "server", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<BrokenStream>,
    /// The outcome of the comparison with what is kept.
    #[cfg_attr(feature = "server", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<Verified>,
}

/// The difference between an earlier state and this one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Diff {
    /// The version of the earlier state; 0: before the first event.
    pub from_version: Version,
    /// The JSON Patch (RFC 6902) from the earlier state to this one.
    #[cfg_attr(feature = "server", schema(value_type = Vec<Object>))]
    pub patch: Patch,
    /// The same changes for display.
    #[serde(skip)]
    pub changes: Vec<Change>,
}

/// Replays a stream.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream; [`OpsError::NotThere`] when it did not exist yet or ends earlier;
/// [`OpsError::Invalid`] when the reducer is not for its category.
pub async fn replay(store: &Store, input: &Replay) -> Result<ReplayReport, OpsError> {
    let up_to = input.until.existing_version(store, &input.stream).await?;
    replay_to(store, input, up_to).await
}

/// Returns the snapshots of more events than the stream has. They are of an earlier stream of that name, and no load reads them.
async fn snapshots_beyond(store: &Store, stream: &StreamName, reducer: &str, end: Version) -> Result<Vec<PassedOver>, OpsError> {
    let (mut found, mut at_most) = (Vec::new(), Version(i64::MAX.unsigned_abs()));
    while let Some(snapshot) = store.snapshot(stream.clone(), reducer.to_owned(), at_most).await?
        && snapshot.version > end
    {
        let place = snapshot.version.0;
        // Otherwise snapshot and event were added meanwhile.
        if store.first(ReadQuery::stream(stream.clone()).from(place).to(place)).await?.is_none() {
            found.push(PassedOver { version: snapshot.version, reason: SnapshotMismatch::NoEvent.to_string() });
        }
        at_most = Version(place - 1);
    }
    Ok(found)
}

/// Replays a stream up to an existing version.
pub(in crate::ops) async fn replay_to(store: &Store, input: &Replay, up_to: Version) -> Result<ReplayReport, OpsError> {
    let mut fold = input.reducer.fold_of(store, &input.stream)?;
    let options = LoadOptions { up_to, snapshots: input.snapshots };
    let loaded = load_to_report(store, &input.stream, &mut *fold, options).await?;
    let at = input.until.moment(input.now, loaded.recorded_at);
    let mut report = report(&input.stream, fold.version().name, loaded, at, fold.show(at));
    if input.snapshots && input.until == PointInTime::Head {
        let mut beyond = snapshots_beyond(store, &input.stream, &fold.version().name, up_to).await?;
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

/// Returns a report without comparisons.
pub(in crate::ops) fn report(stream: &StreamName, reducer: String, loaded: Loaded, at: Timestamp, state: Value) -> ReplayReport {
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

/// Returns the difference from an earlier state, and the snapshots that were not trusted. The earlier state may be empty.
async fn diff(store: &Store, input: &Replay, from: PointInTime, state: &Value) -> Result<(Diff, Vec<PassedOver>), OpsError> {
    let from_version = from.version(store, &input.stream).await?;
    let (mut before, mut passed_over) = (Value::Null, Vec::new());
    if from_version > Version::ZERO {
        let mut fold = input.reducer.fold_of(store, &input.stream)?;
        let options = LoadOptions { up_to: from_version, snapshots: input.snapshots };
        let loaded = load_to_report(store, &input.stream, &mut *fold, options).await?;
        before = fold.show(from.moment(input.now, loaded.recorded_at));
        passed_over = loaded.passed_over;
    }
    Ok((Diff { from_version, patch: json_patch::diff(&before, state), changes: changes(&before, state) }, passed_over))
}
