//! The current state of a stream, for a client that begins to follow it.

use serde_json::Value;
use uuid::Uuid;

use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::OpsError;
use crate::ops::Reducer;
use crate::runtime::LoadOptions;
use crate::runtime::Loaded;
use crate::runtime::RuntimeError;
use crate::runtime::load;
use crate::server::visibility::Visibility;
use crate::store::Store;
use crate::store::StoreError;

/// The state of a stream at a version, as a client sees it.
pub(super) struct LiveState {
    /// The version; 0 if the stream does not exist yet.
    pub(super) version: Version,
    /// The state; null if there is none yet.
    pub(super) state: Value,
    /// The ids of quarantined events that the state leaves out.
    pub(super) left_out: Vec<Uuid>,
}

/// Returns the state of a stream up to a version, as a client sees it.
///
/// # Errors
/// [`RuntimeError::Fold`] if an event failed to apply.
pub(super) async fn state_of(
    store: &Store,
    stream: &StreamName,
    visibility: &Visibility,
    now: Timestamp,
    up_to: Option<Version>,
) -> Result<LiveState, OpsError> {
    let mut fold = Reducer::Own.fold(stream)?;
    let options = up_to.map_or_else(LoadOptions::default, |up_to| LoadOptions { up_to, ..LoadOptions::default() });
    let loaded = match load(store, stream, &mut *fold, options).await {
        Err(RuntimeError::Store(StoreError::NoStore(_))) => Loaded::default(),
        loaded => loaded?,
    };
    let state = visibility.state(stream.category(), fold.show(now));
    Ok(LiveState { version: loaded.version, state, left_out: loaded.left_out })
}
