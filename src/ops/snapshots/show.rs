//! A snapshot with its state.

use serde::Serialize;
use serde_json::Value;

use crate::event::Hash;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::snapshots::delete::missing;
use crate::ops::snapshots::pages::SnapshotPages;
use crate::store::Store;

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotReport {
    /// The stream of the state.
    pub stream: StreamName,
    /// The version of the stream at the snapshot.
    pub version: Version,
    /// The reducer that made the state.
    pub reducer: String,
    /// The version of the reducer.
    pub reducer_version: u32,
    /// The time at which the snapshot was taken.
    pub taken_at: Timestamp,
    /// The hash of the last event in the state.
    pub event_hash: Hash,
    /// The size of the state in bytes of JSON.
    pub bytes: u64,
    /// The state; a text if it is not JSON.
    pub state: Value,
}

/// Reads the newest snapshot of a stream, or the one at a version.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream; [`OpsError::NotThere`] when it has no such snapshot.
pub async fn show_snapshot(
    store: &Store,
    stream: &StreamName,
    version: Option<Version>,
    reducer: Option<&str>,
) -> Result<SnapshotReport, OpsError> {
    let mut pages = SnapshotPages::open(store, Some(stream.clone())).await?;
    let mut newest = None;
    while let Some(info) = pages.next().await? {
        let wanted = version.is_none_or(|version| version == info.version) && reducer.is_none_or(|name| name == info.reducer);
        // At the same version the snapshot of the domain comes before those of other reducers.
        let rank = |info: &crate::store::SnapshotInfo| (info.version, info.reducer == stream.category());
        if wanted && newest.as_ref().is_none_or(|best| rank(&info) > rank(best)) {
            newest = Some(info);
        }
    }
    let found = match newest {
        Some(info) => store.snapshot(stream.clone(), info.reducer, info.version).await?,
        None => None,
    };
    let Some(snapshot) = found else { return Err(missing(stream, version)) };
    Ok(SnapshotReport {
        stream: snapshot.stream,
        version: snapshot.version,
        reducer: snapshot.reducer,
        reducer_version: snapshot.reducer_version,
        taken_at: snapshot.taken_at,
        event_hash: snapshot.event_hash,
        bytes: snapshot.state.len() as u64,
        state: serde_json::from_str(&snapshot.state).unwrap_or(Value::String(snapshot.state)),
    })
}
