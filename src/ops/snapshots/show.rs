//! One snapshot with its state.

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
    /// Whose state.
    pub stream: StreamName,
    /// After how many events.
    pub version: Version,
    /// What made the state.
    pub reducer: String,
    /// The version of what made the state.
    pub reducer_version: u32,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// The hash of the event it must stand on.
    pub event_hash: Hash,
    /// How many bytes of JSON the state has.
    pub bytes: u64,
    /// The state as it is kept; a text where it is no JSON.
    pub state: Value,
}

/// The newest snapshot of a stream, or the one at a version.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream, [`OpsError::NotThere`] when it has no such snapshot, or as
/// the store says.
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
        // At the same version the domain's own comes before those that were asked for by name.
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
